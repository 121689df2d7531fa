// Moves the sum with a residual into the convolution before it.
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { sameDims } from '../tensor/shape.js';
import { typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';
import { isOp, otherOperand, soleUser } from './pattern.js';

export const fuseResidual: Pass = {
  name: 'fuse-residual',
  summary: 'Conv(x, W, b) + z -> FusedConv(x, W, b, z)',
  source:
    'the step conv_f32 adds z before the activation; where sizes, some of which are stand-ins, say that nothing broadcasts',
  needs: ['Add'],
  run(graph) {
    const editor = new GraphEditor(graph);
    const inferred = typesWhenNeeded(graph);
    for (const add of editor.nodes) {
      if (!isOp(add, 'Add')) continue;
      // The later operand first: the other one is then ready when the convolution runs.
      for (const value of [add.inputs[1], add.inputs[0]]) {
        const conv = editor.producer(value);
        const residual = otherOperand(add, value);
        if (residual === undefined || !isOp(conv, 'Conv') || soleUser(editor, value) !== (add as Node))
          continue;
        const { types } = inferred();
        // Sizes may be stand-ins: this is a guess. A residual that broadcasts after all is a sum of its own in the plan.
        const [x, z] = [types.get(value), types.get(residual)];
        if (x?.dtype !== 'float32' || z === undefined || !sameDims(x.dims, z.dims)) continue;
        const inputs = [conv.inputs[0], conv.inputs[1], conv.inputs[2] ?? '', residual];
        editor.replace(
          [conv, add],
          [{ ...conv, op: 'FusedConv', domain: 'ai.kompakt', inputs, outputs: add.outputs }],
        );
        break;
      }
    }
    return editor.finish();
  },
};
