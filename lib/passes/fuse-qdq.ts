// Turns DequantizeLinear -> operator -> QuantizeLinear into integer operators, by asking OpDef.quantize. Tables have
// been made before (fuse-tables); residuals and tables move into convolutions afterwards (fuse-integer-tails).
import { attr } from '../graph/attribute.js';
import { type Node, opKey } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { ops } from '../ops/index.js';
import type { IntegerContext, QuantizeRule, QuantParams, TensorType } from '../ops/op.js';
import { isResult, onBytes, type SameScale } from '../ops/shared/quantize-rule.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import { clampTable, quantizer, realValues, tableNode, tableOf } from './byte-table.js';
import { elementwiseBinary } from './fuse-tables.js';
import { typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';
import { clipBounds, isOp } from './pattern.js';
import {
  dequantizedFrom,
  isIncreasing,
  isPerTensor8,
  isQuantize,
  type Quantized,
  quantParams,
  sameParams,
  widened,
} from './quantized-value.js';

export const fuseQdq: Pass = {
  name: 'fuse-qdq',
  summary: 'QuantizeLinear(op(DequantizeLinear(x), ...)) -> integer operator',
  source: 'Jacob et al. 2018, arXiv:1712.05877, section 2; ONNX QLinearConv, QLinearMatMul',
  needs: ['DequantizeLinear', 'com.microsoft:DequantizeLinear'],
  run(graph) {
    const inferred = typesWhenNeeded(graph);
    const fusion = new Fusion(new GraphEditor(graph), (name) => inferred().types.get(name));
    for (const node of graph.nodes) if (fusion.editor.has(node)) fusion.visit(node);
    return fusion.editor.finish();
  },
};

/** The QuantizeLinear behind a value, with the clamps (Relu, Clip) between. */
interface Tail {
  readonly params: QuantParams;
  readonly output: string;
  readonly nodes: readonly Node[];
  /** Clamp in integers; the whole range of the type when the zero point makes it automatic. */
  readonly lo: number;
  readonly hi: number;
}

class Fusion {
  /** Nodes are visited in the order of the graph, so what stands before a node is fused already. */
  constructor(
    readonly editor: GraphEditor,
    private readonly typeOf: (name: string) => TensorType | undefined,
  ) {}

  private readonly dtypeOf = (name: string): DType | undefined => this.typeOf(name)?.dtype;

  visit(original: Node): void {
    const rule = ops.get(opKey(original))?.quantize;
    if (rule === undefined) return;
    if (isOp(original, 'Shape', 'Size')) this.#measureIntegers(original);
    if (rule.kind === 'same-scale') this.#moveToIntegers(original, rule);
    else if (rule.kind === 'weighted' || rule.kind === 'arithmetic') this.#fuse(original, rule);
  }

  #source(value: string): Quantized | undefined {
    const found = dequantizedFrom(this.editor, value, this.dtypeOf);
    const constant = found && this.editor.constant(found.name);
    if (found === undefined || constant === undefined) return found;
    const wide = widened(constant);
    if (wide === constant) return found;
    return {
      name: this.editor.addConstant(`${found.name}_wide`, wide),
      params: { ...found.params, zeroPoint: widened(found.params.zeroPoint) },
    };
  }

  /** The QuantizeLinear that all users of `value` agree on, seen through clamps that are its only users. */
  #tail(value: string, bounds: readonly [number, number] = [-Infinity, Infinity]): Tail | undefined {
    const { editor } = this;
    const users = editor.consumers(value);
    if (users.length === 0 || editor.isGraphOutput(value)) return undefined;
    const clamp =
      users.length === 1 && users[0].inputs[0] === value ? clipBounds(editor, users[0]) : undefined;
    if (clamp !== undefined) {
      const inner = bounds.map((b) => Math.min(clamp[1], Math.max(clamp[0], b)));
      const tail = this.#tail(users[0].outputs[0], [inner[0], inner[1]]);
      return tail && { ...tail, nodes: [users[0], ...tail.nodes] };
    }
    const all = users.map((user) =>
      isQuantize(user) && user.inputs[0] === value ? quantParams(editor, user, this.dtypeOf) : undefined,
    );
    const [params] = all;
    if (params === undefined || !isPerTensor8(params)) return undefined;
    if (!all.every((p) => p !== undefined && sameParams(p, params))) return undefined;
    // By a negative scale what is clamped from below is so from above.
    const clamps = bounds.some((bound) => Number.isFinite(bound));
    if (clamps && !isIncreasing(params)) return undefined;
    const output = this.#joined(users);
    if (output === undefined) return undefined;
    const range = dtypes[params.zeroPoint.dtype];
    return {
      params,
      output,
      nodes: editor.consumers(value),
      lo: bounds[0] === Number.NEGATIVE_INFINITY ? range.min : quantizer(params)(bounds[0]),
      hi: bounds[1] === Number.POSITIVE_INFINITY ? range.max : quantizer(params)(bounds[1]),
    };
  }

  /** Makes equal quantisers one and returns its output; undefined when two of them are graph outputs. */
  #joined(quantizers: readonly Node[]): string | undefined {
    const { editor } = this;
    const outputs = quantizers.filter((q) => editor.isGraphOutput(q.outputs[0]));
    if (outputs.length > 1) return undefined;
    const kept = outputs[0] ?? quantizers[0];
    for (const q of quantizers) {
      if (q === kept) continue;
      editor.renameUses(q.outputs[0], kept.outputs[0]);
      editor.replace([q], []);
    }
    return kept.outputs[0];
  }

  #fuse(node: Node, rule: Extract<QuantizeRule, { kind: 'weighted' | 'arithmetic' }>): void {
    const { editor } = this;
    const tail = this.#tail(node.outputs[0]);
    if (tail === undefined && rule.kind === 'arithmetic') return;
    const sources = node.inputs.map((name) => (name === '' ? undefined : this.#source(name)));
    if (!sources.some((s) => s !== undefined && editor.constant(s.name) === undefined)) return;
    const increase = [tail?.params, ...sources.map((s) => s?.params)].every((p) => !p || isIncreasing(p));
    if (rule.kind === 'arithmetic' && (!increase || this.#raisesRank(node, sources))) return;
    const context: IntegerContext = {
      node,
      quantized: (i) => sources[i],
      constant: (name) => editor.constant(name),
      output: tail?.params,
      outputName: tail?.output ?? node.outputs[0],
      addConstant: (hint, value) => editor.addConstant(hint, value),
      fresh: (hint) => editor.fresh(hint),
    };
    const made = rule.integer(context);
    if (made === null) return;
    editor.replace([node, ...(tail?.nodes ?? [])], tail === undefined ? made : this.#clamped(made, tail));
  }

  /** Whether a constant of shape [1] may make a vector of a number, which a table of bytes cannot. */
  #raisesRank(node: Node, sources: readonly (Quantized | undefined)[]): boolean {
    const constants = node.inputs.map((name, i) => this.editor.constant(sources[i]?.name ?? name));
    if (!elementwiseBinary.has(node.op) || !constants.some((c) => c?.dims.length === 1)) return false;
    return node.inputs.some((name, i) => !constants[i] && !this.typeOf(name)?.dims.length);
  }

  /** Puts the clamp of the tail behind integer nodes: as their attributes where they have such, else as a table. */
  #clamped(nodes: readonly Node[], { params, output, lo, hi }: Tail): readonly Node[] {
    const { dtype } = params.zeroPoint;
    if (lo === dtypes[dtype].min && hi === dtypes[dtype].max) return nodes;
    const last = nodes.find((n) => n.outputs.includes(output))!;
    if ('lo' in ops.get(opKey(last))!.attributes) {
      const own = (name: string, fallback: number): number => {
        const a = last.attributes[name];
        return a?.type === 'int' ? a.value : fallback;
      };
      const clamp = (v: number): number => Math.min(hi, Math.max(lo, v));
      const attributes = {
        ...last.attributes,
        lo: attr.int(clamp(own('lo', lo))),
        hi: attr.int(clamp(own('hi', hi))),
      };
      return nodes.map((n) => (n === last ? { ...n, attributes } : n));
    }
    const raw = this.editor.fresh(`${output}_unclamped`);
    const renamed = { ...last, outputs: last.outputs.map((name) => (name === output ? raw : name)) };
    const table = tableNode(this.editor, raw, clampTable(dtype, lo, hi), dtype, output);
    return [...nodes.map((n) => (n === last ? renamed : n)), table];
  }

  /** A shape is that of the integers too: nothing needs to be dequantised to read it. */
  #measureIntegers(node: Node): void {
    const source = this.#source(node.inputs[0]);
    if (source !== undefined) this.editor.replace([node], [{ ...node, inputs: [source.name] }]);
  }

  /** An operator that only moves values: runs on the bytes, whatever stands behind it. One that blends them does so where they
   *  are then rounded to the same scale. */
  #moveToIntegers(node: Node, rule: SameScale): void {
    const { editor } = this;
    const bytesAre = onBytes(rule, node);
    if (bytesAre === 'nothing') return;
    const data = rule.data === 'all' ? node.inputs.map((_, i) => i) : rule.data;
    const sources = new Map(data.map((i) => [i, this.#source(node.inputs[i])]));
    const first = sources.get(data[0]);
    // The largest byte is not the largest number where the scale is negative.
    if (first === undefined || !isPerTensor8(first.params) || !isIncreasing(first.params)) return;
    for (const s of sources.values()) if (s === undefined || !sameParams(s.params, first.params)) return;
    if ([...sources.values()].every((s) => editor.constant(s!.name) !== undefined)) return;
    const keepsScale = (output: string): boolean => {
      const tail = this.#tail(output);
      return tail !== undefined && sameParams(tail.params, first.params);
    };
    if (bytesAre === 'blended' && !node.outputs.every(keepsScale)) return;

    const inputs = node.inputs.map((name, i) => sources.get(i)?.name ?? name);
    const behind: Node[] = [];
    const removed: Node[] = [node];
    const outputs = node.outputs.map((output, i) => {
      if (!isResult(rule, i)) return output;
      if (output === '' || (editor.isGraphOutput(output) === false && editor.consumers(output).length === 0))
        return '';
      const bytes = editor.fresh(`${output}_quantized`);
      const tail = this.#tail(output);
      if (tail === undefined) {
        // Float users remain: dequantise behind the operator instead of before it.
        const scale = editor.addConstant(`${output}_scale`, first.params.scale);
        const zero = editor.addConstant(`${output}_zero_point`, first.params.zeroPoint);
        behind.push(editor.newNode('DequantizeLinear', [bytes, scale, zero], [output]));
        return bytes;
      }
      removed.push(...tail.nodes);
      const { min, max } = dtypes[tail.params.zeroPoint.dtype];
      if (sameParams(tail.params, first.params) && tail.lo === min && tail.hi === max) return tail.output;
      const scaled = tableOf(realValues(first.params), tail.params);
      const { dtype } = tail.params.zeroPoint;
      const between = editor.fresh(`${output}_scaled`);
      behind.push(
        tableNode(editor, bytes, scaled, dtype, between),
        tableNode(editor, between, clampTable(dtype, tail.lo, tail.hi), dtype, tail.output),
      );
      return bytes;
    });
    editor.replace(removed, [{ ...node, inputs, outputs }, ...behind]);
  }
}
