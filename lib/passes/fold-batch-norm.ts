// Folds a scale and shift per channel into the weights before it: BatchNormalization, or Mul and Div by constants.
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import {
  type Affine,
  applyAffine,
  type ChannelLayout,
  hasChannelBias,
  normalisation,
  outputChannels,
  perChannelValues,
} from './output-channels.js';
import type { Pass } from './pass.js';
import { besideConstant, isOp } from './pattern.js';

export const foldBatchNorm: Pass = {
  name: 'fold-batch-norm',
  summary: 'BatchNormalization(Conv(x, W, b)), Conv(x, W, b) * c -> Conv(x, W * s, b * s + t)',
  source: 'Jacob et al. 2018, arXiv:1712.05877, section 3.2; statistics of training, folded once',
  needs: ['BatchNormalization', 'Mul', 'Div'],
  run(graph) {
    const editor = new GraphEditor(graph);
    for (const node of editor.nodes) {
      const layout = outputChannels(editor, editor.producer(scaledInput(editor, node) ?? ''));
      if (layout === undefined || !hasChannelBias(editor, layout)) continue;
      if (!editor.isOnlyUsedBy(layout.node.outputs[0], node)) continue;
      const affine = affineOf(editor, node, layout);
      if (affine !== undefined) applyAffine(editor, layout, node, affine);
    }
    return editor.finish();
  },
};

/** The input that a node scales per channel, when it may be such a node. */
function scaledInput(editor: GraphEditor, node: Node): string | undefined {
  if (isOp(node, 'BatchNormalization')) return node.inputs[0];
  if (!isOp(node, 'Mul', 'Div')) return undefined;
  const found = besideConstant(editor, node);
  return found === undefined || (node.op === 'Div' && found[2] === 0) ? undefined : found[0];
}

function affineOf(editor: GraphEditor, node: Node, layout: ChannelLayout): Affine | undefined {
  if (isOp(node, 'BatchNormalization')) return normalisation(editor, node, layout.channels);
  const found = besideConstant(editor, node);
  const values = found && perChannelValues(found[1], layout);
  const scale = node.op === 'Div' ? values?.map((v) => 1 / v) : values;
  if (scale === undefined || !scale.every(Number.isFinite)) return undefined;
  return { scale, shift: new Float64Array(layout.channels) };
}
