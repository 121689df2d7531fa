// Moves zero padding into the convolution behind it.
import { attr } from '../graph/attribute.js';
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { intsAttr, stringAttr } from '../ops/op.js';
import { toNumbers } from '../tensor/tensor.js';
import type { Pass } from './pass.js';
import { isOp, scalarConstant } from './pattern.js';

export const foldPad: Pass = {
  name: 'fold-pad',
  summary: 'Conv(Pad(x, zeros around the spatial axes)) -> Conv(x, pads)',
  source: 'a convolution pads with zeros; pools do not, so they are left alone',
  needs: ['Pad'],
  run(graph) {
    const editor = new GraphEditor(graph);
    for (const conv of editor.nodes) {
      if (!isOp(conv, 'Conv') || stringAttr(conv, 'auto_pad', 'NOTSET') !== 'NOTSET') continue;
      const pad = editor.producer(conv.inputs[0]);
      const spatial = isOp(pad, 'Pad') ? spatialZeroPads(editor, pad) : undefined;
      if (pad === undefined || spatial === undefined) continue;
      const own = intsAttr(conv, 'pads') ?? spatial.map(() => 0);
      if (own.length !== spatial.length) continue;
      const pads = attr.ints(spatial.map((p, i) => p + own[i]));
      editor.replace(
        [conv],
        [
          {
            ...conv,
            inputs: [pad.inputs[0], ...conv.inputs.slice(1)],
            attributes: { ...conv.attributes, pads },
          },
        ],
      );
    }
    return editor.finish();
  },
};

/** Begins then ends of the spatial axes; undefined unless all padding is zeros there and nowhere negative. */
function spatialZeroPads(editor: GraphEditor, pad: Node): readonly number[] | undefined {
  if (stringAttr(pad, 'mode', 'constant') !== 'constant' || (pad.inputs[3] ?? '') !== '') return undefined;
  const value = pad.inputs[2] ?? '';
  if (value !== '' && scalarConstant(editor, value) !== 0) return undefined;
  const constant = editor.constant(pad.inputs[1] ?? '');
  if (constant === undefined) return undefined;
  const pads = [...toNumbers(constant)];
  const rank = pads.length / 2;
  const outer = [pads[0], pads[1], pads[rank], pads[rank + 1]];
  if (rank < 3 || outer.some((p) => p !== 0) || pads.some((p) => p < 0)) return undefined;
  return [...pads.slice(2, rank), ...pads.slice(rank + 2)];
}
