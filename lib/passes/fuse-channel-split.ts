// Channel shuffles that part even from odd channels (in general: every n-th channel) become strided slices.
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { intAttr, intsAttr } from '../ops/op.js';
import { sameDims, sizeOf } from '../tensor/shape.js';
import { i64, toNumbers } from '../tensor/tensor.js';
import { type InferredTypes, typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';
import { isOp } from './pattern.js';

export const fuseChannelSplit: Pass = {
  name: 'fuse-channel-split',
  summary: 'Gather(Reshape(Transpose(Reshape(x))), i) -> Slice(x, channels i, i + n, i + 2n...)',
  source: 'ShuffleNet V2 (Ma et al. 2018, arXiv:1807.11164) as exported: shuffle and split in one',
  needs: ['Gather'],
  run(graph) {
    const editor = new GraphEditor(graph);
    const inferred = typesWhenNeeded(graph);
    for (const gather of editor.nodes) {
      const chain = isOp(gather, 'Gather') ? shuffleBefore(editor, gather) : undefined;
      if (chain === undefined) continue;
      const types = inferred();
      const split = types.exact ? channelsOf(editor, gather, chain, types) : undefined;
      if (split === undefined) continue;
      const { start, step, channels } = split;
      const bounds = [start, channels, 1, step].map((value) => editor.addConstant('channels', i64([value])));
      const inputs = [chain[0].inputs[0]!, ...bounds];
      editor.replace([gather], [editor.newNode('Slice', inputs, gather.outputs)]);
    }
    return editor.finish();
  },
};

type Chain = readonly [Node, Node, Node];

/** Reshape, Transpose that swaps the first two of three axes, Reshape: the nodes before a Gather along axis 0. */
function shuffleBefore(editor: GraphEditor, gather: Node): Chain | undefined {
  const behind = editor.producer(gather.inputs[0]!);
  if (intAttr(gather, 'axis', 0) !== 0 || !isOp(behind, 'Reshape')) return undefined;
  const swap = editor.producer(behind.inputs[0]!);
  if (!isOp(swap, 'Transpose') || !sameDims(intsAttr(swap, 'perm') ?? [], [1, 0, 2])) return undefined;
  const before = editor.producer(swap.inputs[0]!);
  return isOp(before, 'Reshape') ? [before, swap, behind] : undefined;
}

/** Which channels of one image the Gather takes; undefined when the dims say that it takes something else. */
function channelsOf(
  editor: GraphEditor,
  gather: Node,
  [before, , behind]: Chain,
  { types }: InferredTypes,
): { readonly start: number; readonly step: number; readonly channels: number } | undefined {
  const index = editor.constant(gather.inputs[1]!);
  const x = types.get(before.inputs[0]!)?.dims;
  const groups = types.get(before.outputs[0]!)?.dims;
  const shuffled = types.get(behind.outputs[0]!)?.dims;
  if (index?.dims.length !== 0 || x === undefined || groups === undefined || shuffled === undefined)
    return undefined;
  const [batch, channels, ...spatial] = x;
  const [size, step] = groups;
  if (x.length < 3 || batch !== 1 || size! * step! !== channels) return undefined;
  if (!sameDims(groups, [size!, step!, sizeOf(spatial)])) return undefined;
  if (!sameDims(shuffled, [step!, 1, size!, ...spatial])) return undefined;
  const [given] = toNumbers(index);
  const start = given! < 0 ? given! + step! : given!;
  return start >= 0 && start < step! ? { start, step: step!, channels } : undefined;
}
