// Weights that reach their layer through operators which only move or convert them, as exporters write them: the weight of a MatMul
// behind a Transpose, one in float16 behind a Cast. Whoever trains or prunes weights wants them as the layer reads them.
import type { Graph, Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { foldNode } from '../passes/fold-constants.js';
import type { TensorValue } from '../tensor/tensor.js';

const movers = new Set(['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze']);

/** Whether a node has all elements of its first input, each as it is, in another place or shape. */
export const isMover = ({ op, domain }: Node): boolean => domain === '' && movers.has(op);

const movesOrConverts = (node: Node): boolean => isMover(node) || (node.domain === '' && node.op === 'Cast');

const isWeight = (value: TensorValue | undefined): boolean =>
  value !== undefined && value.dims.length > 0 && /float/.test(value.dtype);

/**
 * The graph with such weights in the form in which their layer reads them, under the names that they had. Weights that others read in
 * another form stay as they are: two constants would learn apart.
 * `folds`: which nodes above constants may be computed now.
 */
export function plainWeights(graph: Graph, folds: (node: Node) => boolean = movesOrConverts): Graph {
  const { constants } = graph;
  if (!graph.nodes.some((node) => folds(node) && node.inputs.some((name) => isWeight(constants.get(name)))))
    return graph;
  const editor = new GraphEditor(graph);
  for (const name of constants.keys()) convertForAll(editor, name, graph);
  for (const node of editor.nodes) if (folds(node)) foldUntied(editor, node, graph);
  return editor.finish();
}

/** A constant that every user converts to float32, or passes on as it is, is stored as they want it. */
function convertForAll(editor: GraphEditor, name: string, { opsets }: Graph): void {
  const users = editor.consumers(name);
  if (!isWeight(editor.constant(name)) || users.length < 2 || editor.isGraphOutput(name)) return;
  if (editor.input(name) !== undefined) return;
  const aliases = users.filter((user) => user.domain === '' && user.op === 'Identity');
  for (const user of aliases) if (!editor.isGraphOutput(user.outputs[0]!)) pass(editor, user, name);
  const casts = editor.consumers(name);
  const same = ({ op, domain, attributes }: Node): boolean =>
    op === 'Cast' && domain === '' && attributes.to?.value === casts[0]!.attributes.to?.value;
  if (casts.length === 0 || !casts.every((user) => same(user) && !editor.isGraphOutput(user.outputs[0]!)))
    return;
  const made = foldNode(editor, casts[0]!, opsets[''] ?? 1);
  if (made === undefined) return;
  editor.setConstant(name, made[0]!);
  for (const user of casts) pass(editor, user, name);
}

function foldUntied(editor: GraphEditor, node: Node, { opsets }: Graph): void {
  const weights = [...new Set(node.inputs)].filter((name) => isWeight(editor.constant(name)));
  // What is an input too has its form declared.
  const shared = weights.some((name) => !editor.isOnlyUsedBy(name, node) || editor.input(name) !== undefined);
  if (weights.length === 0 || shared || node.outputs.length !== 1) return;
  const made = foldNode(editor, node, opsets[node.domain] ?? 1);
  if (made === undefined) return;
  const [output] = node.outputs as [string];
  const [name] = weights as [string];
  const kept = weights.length === 1 ? name : editor.addConstant(output, made[0]!);
  if (weights.length === 1) editor.setConstant(name, made[0]!);
  pass(editor, node, kept);
}

/** Users of what the node makes read a constant instead. */
function pass(editor: GraphEditor, node: Node, constant: string): void {
  editor.replace([node], []);
  editor.renameUses(node.outputs[0]!, constant);
}
