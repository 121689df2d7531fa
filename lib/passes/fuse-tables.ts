// Whatever is computed element by element between one DequantizeLinear and a QuantizeLinear becomes a table of 256
// bytes, also x * Sigmoid(x) and chains such as (x * c + d) behind HardSwish, and a mere change of scale.
import { type Node, opKey } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { ops } from '../ops/index.js';
import { f32, type TensorValue } from '../tensor/tensor.js';
import { bypass } from './bypass.js';
import { realValues, tableNode, tableOf } from './byte-table.js';
import { typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';
import {
  dequantizedFrom,
  isPerTensor8,
  isQuantize,
  type Quantized,
  quantParams,
  sameParams,
} from './quantized-value.js';

/** Binary operators that work element by element. */
export const elementwiseBinary: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Max',
  'Min',
]);

export const fuseTables: Pass = {
  name: 'fuse-tables',
  summary: 'QuantizeLinear(f(DequantizeLinear(x))), f element by element -> QTable(x)',
  source: "f at all 256 inputs by the operators' references: exact",
  needs: ['QuantizeLinear', 'com.microsoft:QuantizeLinear'],
  run(graph) {
    const editor = new GraphEditor(graph);
    const inferred = typesWhenNeeded(graph);
    const dtypeOf = (name: string) => inferred().types.get(name)?.dtype;
    const rankOf = (name: string) => inferred().types.get(name)?.dims.length ?? 0;
    for (const node of editor.nodes) {
      if (!isQuantize(node)) continue;
      const params = quantParams(editor, node, dtypeOf);
      if (params === undefined || !isPerTensor8(params)) continue;
      const region = new Region(editor, (value) => dequantizedFrom(editor, value, dtypeOf), graph.opsets);
      const values = region.evaluate(node.inputs[0]);
      const source = region.source;
      if (values === undefined || source === undefined) continue;
      // A number x becomes a vector by a constant of shape [1].
      if (region.mostAxes > 0 && rankOf(source.name) < region.mostAxes) continue;
      if (region.empty && sameParams(source.params, params)) {
        bypass(editor, node, source.name);
        continue;
      }
      const table = tableOf(values.data as Float32Array, params);
      editor.replace(
        [node],
        [tableNode(editor, source.name, table, params.zeroPoint.dtype, node.outputs[0])],
      );
    }
    return editor.finish();
  },
};

const isUnary = (node: Node): boolean => ops.get(opKey(node))?.quantize.kind === 'table';

const isBinary = ({ domain, op, inputs }: Node): boolean =>
  domain === '' && elementwiseBinary.has(op) && inputs.length === 2;

/** Evaluates a value at all stored bytes of the one 8-bit value that it depends on. */
class Region {
  source: Quantized | undefined;
  /** No node lies between source and value. */
  empty = true;
  /** Of the constants in between. */
  mostAxes = 0;
  readonly #memo = new Map<string, TensorValue | undefined>();

  constructor(
    private readonly editor: GraphEditor,
    private readonly dequantized: (value: string) => Quantized | undefined,
    private readonly opsets: Readonly<Record<string, number>>,
  ) {}

  /** 256 results; undefined when the value depends on anything but one 8-bit value, element by element. */
  evaluate(value: string): TensorValue | undefined {
    // Operands first, by a list of our own: chains may be longer than the stack of calls is deep.
    const open = [value];
    while (open.length > 0) {
      const next = open[open.length - 1]!;
      const before = this.#memo.has(next) ? [] : this.#operands(next).filter((name) => !this.#memo.has(name));
      open.push(...before);
      if (before.length > 0) continue;
      open.pop();
      if (!this.#memo.has(next)) this.#memo.set(next, this.#compute(next));
    }
    return this.#memo.get(value);
  }

  /** Values that #compute asks for. */
  #operands(value: string): readonly string[] {
    const node = this.editor.producer(value);
    if (node === undefined || this.dequantized(value) !== undefined) return [];
    const names = isUnary(node) ? node.inputs.slice(0, 1) : isBinary(node) ? node.inputs : [];
    return names.filter((name) => name !== '' && this.editor.constant(name) === undefined);
  }

  #compute(value: string): TensorValue | undefined {
    const from = this.dequantized(value);
    if (from !== undefined) return this.#start(from);
    const node = this.editor.producer(value);
    if (node === undefined || node.outputs[0] !== value) return undefined;
    const inputs = this.#inputs(node);
    if (inputs === undefined) return undefined;
    this.empty = false;
    const opset = this.opsets[node.domain] ?? 1;
    const def = ops.get(opKey(node))!;
    const context = { node, opset, inputs, where: `${node.op} node '${node.name}'` };
    try {
      def.infer({ ...context, value: (i) => inputs[i] });
    } catch {
      return undefined; // its types do not fit: the plan will say so
    }
    const [y] = def.reference(context);
    return y.dtype === 'float32' && y.data.length === 256 ? y : undefined;
  }

  #start(from: Quantized): TensorValue | undefined {
    if (!isPerTensor8(from.params) || this.editor.constant(from.name) !== undefined) return undefined;
    if (this.source !== undefined && this.source.name !== from.name) return undefined;
    if (this.source !== undefined && !sameParams(this.source.params, from.params)) return undefined;
    this.source = from;
    return f32([256], realValues(from.params));
  }

  #inputs(node: Node): (TensorValue | undefined)[] | undefined {
    const unary = isUnary(node);
    if (!unary && !isBinary(node)) return undefined;
    const inputs = node.inputs.map((name, i) => {
      if (name === '') return undefined;
      const constant = this.editor.constant(name);
      if (constant === undefined) return unary && i > 0 ? null : (this.#memo.get(name) ?? null);
      // A constant of higher rank could raise the rank of the result, a longer one would differ by element.
      if (constant.data.length !== 1 || constant.dims.length > 1) return null;
      if (!unary) this.mostAxes = Math.max(this.mostAxes, constant.dims.length);
      return constant;
    });
    return inputs.some((v) => v === null) ? undefined : (inputs as (TensorValue | undefined)[]);
  }
}
