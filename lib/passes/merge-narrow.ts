// Heads of detectors are convolutions of one value with few outputs each: 1, 4 or 10 of the lanes of a vector, with all of the
// input read again for each. They become one convolution whose outputs are split, and so do depthwise ones on the parts.
import { attr } from '../graph/attribute.js';
import { type Attribute, type Graph, type Node, opKey } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { intAttr } from '../ops/op.js';
import { f32, i64, type TensorValue } from '../tensor/tensor.js';
import type { Pass } from './pass.js';
import { isOp, soleUser } from './pattern.js';

/** Outputs that fill no vector (of 16 lanes at most): wider ones gain nothing, and may lose their place in a chain of steps. */
const narrow = 16;

export const mergeNarrow: Pass = {
  name: 'merge-narrow',
  summary:
    'Conv(x, v), Conv(x, w) -> Split(Conv(x, [v, w])) where v and w have few outputs; so for depthwise ones behind a Split',
  source: 'the outputs of a convolution do not depend on each other',
  needs: ['Conv', 'ai.kompakt:FusedConv'],
  run(graph) {
    const editor = new GraphEditor(graph);
    for (const siblings of siblingsIn(editor, graph)) merge(editor, siblings, siblings[0]!.inputs[0]!, 1);
    for (const split of editor.nodes) mergeDepthwise(editor, split);
    return editor.finish();
  },
};

/** Convolutions without groups that differ in their weights only. */
function siblingsIn(editor: GraphEditor, graph: Graph): readonly (readonly Node[])[] {
  const alike = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    const weight = narrowWeight(editor, node);
    if (weight === undefined || intAttr(node, 'group', 1) !== 1) continue;
    const key = JSON.stringify([node.inputs[0], likeness(node, weight)]);
    const found = alike.get(key);
    if (found === undefined) alike.set(key, [node]);
    else found.push(node);
  }
  return [...alike.values()].filter((nodes) => nodes.length > 1);
}

/** The weights of a convolution of floats with few outputs and nothing added but a constant bias. */
function narrowWeight(editor: GraphEditor, node: Node): TensorValue | undefined {
  if (!isOp(node, 'Conv') && opKey(node) !== 'ai.kompakt:FusedConv') return undefined;
  const [, w, bias, residual] = node.inputs;
  const weight = editor.constant(w!);
  if (weight?.dtype !== 'float32' || weight.dims[0]! >= narrow || residual) return undefined;
  return bias && editor.constant(bias) === undefined ? undefined : weight;
}

/** What two convolutions must have in common, as text: operator, attributes but for groups, and window. */
function likeness(node: Node, { dims }: TensorValue): string {
  const attributes = Object.entries(node.attributes).filter(([name]) => name !== 'group');
  return JSON.stringify([opKey(node), attributes.sort(([a], [b]) => (a < b ? -1 : 1)), dims.slice(1)]);
}

/** Split(x) whose parts are each read by one depthwise convolution, all alike: the same, behind one convolution. */
function mergeDepthwise(editor: GraphEditor, split: Node): void {
  if (!isOp(split, 'Split') || intAttr(split, 'axis', 0) !== 1 || split.outputs.length < 2) return;
  const nodes: Node[] = [];
  const kinds = new Set<string>();
  let all = 0;
  for (const [i, part] of split.outputs.entries()) {
    const node = soleUser(editor, part);
    const weight = node && narrowWeight(editor, node);
    if (weight === undefined || node!.inputs[0] !== part) return;
    const [channels, depth] = weight.dims as readonly [number, number];
    if (depth !== 1 || intAttr(node!, 'group', 1) !== channels || partSize(editor, split, i) !== channels)
      return;
    nodes.push(node!);
    kinds.add(likeness(node!, weight));
    all += channels;
  }
  if (kinds.size === 1) merge(editor, nodes, split.inputs[0]!, all);
}

/** undefined where the sizes of the parts are not constant. */
function partSize(editor: GraphEditor, split: Node, i: number): number | undefined {
  const size = editor.constant(split.inputs[1] ?? '')?.data[i];
  return size === undefined ? undefined : Number(size);
}

/** Puts one convolution of `x` and a Split in the place of `nodes`. */
function merge(editor: GraphEditor, nodes: readonly Node[], x: string, group: number): void {
  const [first] = nodes as readonly [Node, ...Node[]];
  const weights = nodes.map((node) => editor.constant(node.inputs[1]!)!);
  const sizes = weights.map(({ dims }) => dims[0]!);
  const channels = sizes.reduce((a, b) => a + b, 0);
  const inputs = [
    x,
    editor.addConstant(first.inputs[1]!, f32([channels, ...weights[0]!.dims.slice(1)], joined(weights))),
  ];
  if (nodes.some((node) => node.inputs[2])) {
    const biases = nodes.map(
      (node, i) => editor.constant(node.inputs[2] ?? '') ?? f32([sizes[i]!], new Float32Array(sizes[i]!)),
    );
    inputs.push(editor.addConstant(`${first.name}_bias`, f32([channels], joined(biases))));
  }
  const all = editor.fresh(`${first.outputs[0]}_all`);
  const attributes: Record<string, Attribute> = { ...first.attributes, group: attr.int(group) };
  const parts = editor.addConstant('sizes', i64(sizes));
  editor.replace(nodes, [
    editor.newNode(first.op, inputs, [all], attributes, first.domain),
    editor.newNode(
      'Split',
      [all, parts],
      nodes.map((node) => node.outputs[0]!),
      { axis: attr.int(1) },
    ),
  ]);
}

function joined(values: readonly TensorValue[]): Float32Array {
  const all = new Float32Array(values.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { data } of values) {
    all.set(data as Float32Array, at);
    at += data.length;
  }
  return all;
}
