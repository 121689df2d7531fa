// Integer operators as what they stand for: DequantizeLinear, a float operator, QuantizeLinear. So that files in either form
// are looked at by the same code, and so that the error of each operator can be told apart from that of its inputs.
import type { Attribute, Graph, Node } from '../graph/graph.js';
import { opKey } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { ops } from '../ops/index.js';
import { isResult, onBytes } from '../ops/shared/quantize-rule.js';
import { typesWhenNeeded } from '../passes/infer-types.js';
import { isDequantize, isQuantize } from '../passes/quantized-value.js';
import { f32, type TensorValue, toNumbers } from '../tensor/tensor.js';

/** Where the parts of an integer operator stand among its inputs; scale and zero point follow a value. */
interface IntegerForm {
  /** The float operator. */
  readonly op: string;
  readonly operands: (node: Node) => readonly number[];
  /** Input with the scale of the output; its zero point follows. */
  readonly output: number;
  /** int32, in units of the product of the first two scales. */
  readonly bias?: number;
  /** Axis of the second operand's channels where it has several scales. */
  readonly axis?: (node: Node) => number;
  /** Only nodes for which this holds are raised. */
  readonly fits?: (node: Node, rank: number | undefined) => boolean;
}

const at = (...indices: readonly number[]) => ({ operands: () => indices });
const unary = (op: string): IntegerForm => ({ op, ...at(0), output: 3 });

/** Before opset 13 a softmax ran over all axes from its own on. */
const alongLastAxis = ({ attributes }: Node, rank: number | undefined): boolean => {
  const [opset, axis] = [attributes.opset?.value ?? 13, attributes.axis?.value ?? -1];
  return Number(opset) >= 13 || axis === -1 || (rank !== undefined && axis === rank - 1);
};

const forms: Readonly<Record<string, IntegerForm>> = {
  QLinearConv: { op: 'Conv', ...at(0, 3), output: 6, bias: 8, axis: () => 0 },
  QLinearMatMul: { op: 'MatMul', ...at(0, 3), output: 6, axis: () => -1 },
  'com.microsoft:QGemm': {
    op: 'Gemm',
    ...at(0, 3),
    output: 7,
    bias: 6,
    axis: (node) => (node.attributes.transB?.value === 1 ? 0 : 1),
  },
  'com.microsoft:QLinearAdd': { op: 'Add', ...at(0, 3), output: 6 },
  'com.microsoft:QLinearMul': { op: 'Mul', ...at(0, 3), output: 6 },
  'com.microsoft:QLinearConcat': {
    op: 'Concat',
    operands: ({ inputs }) => Array.from({ length: (inputs.length - 2) / 3 }, (_, i) => 2 + 3 * i),
    output: 0,
  },
  'com.microsoft:QLinearAveragePool': unary('AveragePool'),
  'com.microsoft:QLinearGlobalAveragePool': unary('GlobalAveragePool'),
  'com.microsoft:QLinearLeakyRelu': unary('LeakyRelu'),
  'com.microsoft:QLinearSoftmax': { ...unary('Softmax'), fits: alongLastAxis },
  'com.microsoft:QLinearSigmoid': unary('Sigmoid'),
};

/** Attributes that only the integer operator has; files give them their defaults. */
const integerOnly: ReadonlySet<string> = new Set(['channels_last', 'opset']);

/** The graph with such operators raised, and with one DequantizeLinear for all that read a value. */
export function qdqForm(source: Graph): Graph {
  const editor = new GraphEditor(source);
  const types = typesWhenNeeded(source);
  const raise = new Raising(editor, (name) => types().types.get(name)?.dims.length);
  for (const node of source.nodes) raise.visit(node);
  mergeTwins(editor);
  dropRepeated(editor);
  return editor.finish();
}

/** Names of scale and zero point. */
type Params = readonly string[];

class Raising {
  /** Of integer values. */
  readonly #params = new Map<string, Params>();

  constructor(
    private readonly editor: GraphEditor,
    private readonly rankOf: (value: string) => number | undefined,
  ) {}

  visit(node: Node): void {
    if (isQuantize(node)) this.#params.set(node.outputs[0]!, node.inputs.slice(1));
    const form = forms[opKey(node)];
    if (form !== undefined && (form.fits?.(node, this.rankOf(node.inputs[0]!)) ?? true))
      this.#raise(node, form);
    else this.#raiseMove(node);
  }

  #raise(node: Node, form: IntegerForm): void {
    const { editor } = this;
    const made: Node[] = [];
    const inputs = form.operands(node).map((i, which) => {
      const axis = which === 1 ? form.axis?.(node) : undefined;
      return this.#dequantized(made, node.inputs.slice(i, i + 3), axis);
    });
    const bias = form.bias === undefined ? '' : (node.inputs[form.bias] ?? '');
    const factor = node.attributes.alpha?.value;
    if (bias !== '') {
      const [x, w] = form.operands(node).map((i) => editor.constant(node.inputs[i + 1]!));
      if (x === undefined || w === undefined) return;
      const unit = f32(
        w.dims,
        toNumbers(w).map((s) => s * toNumbers(x)[0]! * (typeof factor === 'number' ? factor : 1)),
      );
      inputs.push(this.#dequantized(made, [bias, editor.addConstant(`${bias}_scale`, unit)], 0));
    }
    const output = node.outputs[0]!;
    const params = node.inputs.slice(form.output, form.output + 2);
    const float = params[0] ? editor.fresh(`${output}_real`) : output;
    const attributes = Object.fromEntries(
      Object.entries(node.attributes).filter(([name]) => !integerOnly.has(name)),
    );
    made.push({ ...node, op: form.op, domain: '', inputs, outputs: [float], attributes });
    if (params[0]) made.push(this.#quantizer(float, output, params));
    editor.replace([node], made);
  }

  /** Operators that only move values do so in float as well. */
  #raiseMove(node: Node): void {
    const rule = ops.get(opKey(node))?.quantize;
    if (rule?.kind !== 'same-scale') return;
    const data = rule.data === 'all' ? node.inputs.map((_, i) => i) : rule.data;
    const params = this.#params.get(node.inputs[data[0]!] ?? '');
    if (params === undefined || data.some((i) => !this.#params.has(node.inputs[i] ?? ''))) return;
    const made: Node[] = [];
    const inputs = node.inputs.map((name, i) =>
      data.includes(i) ? this.#dequantized(made, [name, ...this.#params.get(name)!]) : name,
    );
    const behind: Node[] = [];
    const outputs = node.outputs.map((name, i) => {
      if (name === '' || !isResult(rule, i)) return name;
      const float = this.editor.fresh(`${name}_real`);
      behind.push(this.#quantizer(float, name, params));
      return float;
    });
    this.editor.replace([node], [...made, { ...node, inputs, outputs }, ...behind]);
  }

  #quantizer(float: string, output: string, params: Params): Node {
    this.#params.set(output, params);
    return this.editor.newNode('QuantizeLinear', [float, ...params], [output]);
  }

  #dequantized(made: Node[], inputs: readonly string[], axis?: number): string {
    const name = this.editor.fresh(`${inputs[0]}_restored`);
    const attributes: Record<string, Attribute> =
      axis === undefined ? {} : { axis: { type: 'int', value: axis } };
    made.push(this.editor.newNode('DequantizeLinear', inputs, [name], attributes));
    return name;
  }
}

/** Equal QuantizeLinear and DequantizeLinear nodes become one: some tools write one for each user of a value. */
function mergeTwins(editor: GraphEditor): void {
  // Quantisers first: their DequantizeLinear nodes are equal only then.
  for (const is of [isQuantize, isDequantize]) {
    const known = new Map<string, string>();
    for (const node of [...editor.nodes]) {
      const output = node.outputs[0]!;
      if (!is(node) || editor.isGraphOutput(output)) continue;
      const key = `${node.inputs[0]} ${paramsText(editor, node)}`;
      const twin = known.get(key);
      if (twin === undefined) known.set(key, output);
      else {
        editor.renameUses(output, twin);
        editor.replace([node], []);
      }
    }
  }
}

/** Scale, zero point and axis of a node: equal for equal ones. */
const paramsText = (editor: GraphEditor, { inputs, attributes }: Node): string =>
  [...inputs.slice(1).map((name) => textOf(editor.constant(name)) ?? name), attributes.axis?.value].join(' ');

const textOf = (value: TensorValue | undefined): string | undefined =>
  value && `${value.dtype}[${toNumbers(value).join()}]`;

/** Rounding what was rounded to the same integers before, and only moved since, changes nothing: it is no layer's doing. */
function dropRepeated(editor: GraphEditor): void {
  for (const node of [...editor.nodes]) {
    if (!isQuantize(node)) continue;
    const params = paramsText(editor, node);
    const users = editor.consumers(node.outputs[0]!);
    const back = users.every((user) => isDequantize(user) && paramsText(editor, user) === params);
    const kept = [node, ...users].some(({ outputs }) => editor.isGraphOutput(outputs[0]!));
    if (!back || kept || !isRounded(editor, node.inputs[0]!, params)) continue;
    for (const user of users) editor.renameUses(user.outputs[0]!, node.inputs[0]!);
    editor.replace([...users, node], []);
  }
}

function isRounded(editor: GraphEditor, value: string, params: string): boolean {
  const node = editor.producer(value);
  if (node === undefined) return false;
  if (isDequantize(node)) return paramsText(editor, node) === params;
  const rule = ops.get(opKey(node))?.quantize;
  if (rule?.kind !== 'same-scale' || onBytes(rule, node) !== 'moved') return false;
  const data = rule.data === 'all' ? node.inputs : rule.data.map((i) => node.inputs[i]!);
  return data.every((name) => isRounded(editor, name, params));
}
