// Folds a constant per channel, added behind Conv, ConvTranspose or Gemm, into the bias.
import { GraphEditor } from '../graph/rewrite.js';
import { applyAffine, hasChannelBias, outputChannels, perChannelValues } from './output-channels.js';
import type { Pass } from './pass.js';
import { besideConstant, isOp } from './pattern.js';

export const foldBias: Pass = {
  name: 'fold-bias',
  summary: 'Conv(x, W, b) + c -> Conv(x, W, b + c)',
  source: 'addition is associative up to rounding; c must be constant over everything but channels',
  needs: ['Add', 'Sub'],
  run(graph) {
    const editor = new GraphEditor(graph);
    for (const node of editor.nodes) {
      if (!isOp(node, 'Add', 'Sub')) continue;
      const found = besideConstant(editor, node);
      if (found === undefined || (node.op === 'Sub' && found[2] === 0)) continue;
      const layout = outputChannels(editor, editor.producer(found[0]));
      if (layout === undefined || !hasChannelBias(editor, layout)) continue;
      const values = perChannelValues(found[1], layout);
      if (values === undefined || !editor.isOnlyUsedBy(layout.node.outputs[0], node)) continue;
      const shift = node.op === 'Sub' ? values.map((v) => -v) : values;
      applyAffine(editor, layout, node, { scale: new Float64Array(layout.channels).fill(1), shift });
    }
    return editor.finish();
  },
};
