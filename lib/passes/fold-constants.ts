// Computes nodes whose inputs are all constants.
import { type Node, opKey } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { ops } from '../ops/index.js';
import type { TensorType } from '../ops/op.js';
import { evaluate } from '../ops/shared/evaluate.js';
import { bytesPerElement } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import type { Pass } from './pass.js';

/** Results may be this much larger than what they are computed from: a file of expanded constants helps nobody. */
const maxGrowthBytes = 1 << 16;

/** Folding these would lose the integer weights that they stand for. */
const keepsIntegers = new Set(['QuantizeLinear', 'DequantizeLinear']);

export const foldConstants: Pass = {
  name: 'fold-constants',
  summary: 'op(constants) -> constant',
  source: "constant propagation; values by the operator's reference",
  run(graph) {
    const editor = new GraphEditor(graph);
    for (const node of editor.nodes) {
      const values = foldNode(editor, node, graph.opsets[node.domain] ?? 1);
      if (values === undefined) continue;
      editor.replace([node], []);
      node.outputs.forEach((name, i) => {
        if (name !== '') editor.renameUses(name, editor.addConstant(name, values[i]));
      });
    }
    return editor.finish();
  },
};

/** What a node makes of constants; undefined where it reads others, or must stay. */
export function foldNode(editor: GraphEditor, node: Node, opset: number): readonly TensorValue[] | undefined {
  const def = ops.get(opKey(node));
  if (def === undefined || def.random || keepsIntegers.has(node.op) || node.inputs.length === 0)
    return undefined;
  if (Object.values(node.attributes).some((a) => a.type === 'graph')) return undefined;
  if (node.outputs.some((name) => editor.isGraphOutput(name))) return undefined;
  const inputs = node.inputs.map((name) => (name === '' ? undefined : editor.constant(name)));
  if (inputs.some((value, i) => value === undefined && node.inputs[i] !== '')) return undefined;
  const where = `${node.op} node '${node.name}'`;
  const context = { node, opset, where, inputs, value: (i: number) => inputs[i] };
  const outputs = unlessIllegal(() => def.infer(context));
  if (outputs === undefined) return undefined;
  const total = (types: readonly (TensorType | undefined)[]): number =>
    types.reduce((sum, t) => sum + (t === undefined ? 0 : sizeOf(t.dims) * bytesPerElement(t.dtype)), 0);
  if (outputs.some((type) => type.container !== undefined)) return undefined;
  if (total(outputs) > total(inputs) + maxGrowthBytes) return undefined;
  return unlessIllegal(() => evaluate(def, { node, opset, where, inputs }, outputs));
}

/** A node that cannot be computed fails when it runs, which in a branch may be never. */
function unlessIllegal<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch {
    return undefined;
  }
}
