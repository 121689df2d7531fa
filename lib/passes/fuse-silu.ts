// Recognises SiLU (Swish) in its parts.
import { GraphEditor } from '../graph/rewrite.js';
import type { Pass } from './pass.js';
import { isOp, otherOperand } from './pattern.js';
import { unaryNode } from './unary-node.js';

export const fuseSilu: Pass = {
  name: 'fuse-silu',
  summary: 'x * Sigmoid(x) -> Unary(silu)(x)',
  source: 'Elfwing et al. 2018, arXiv:1702.03118',
  needs: ['Sigmoid'],
  run(graph) {
    const editor = new GraphEditor(graph);
    for (const node of editor.nodes) {
      if (!isOp(node, 'Mul')) continue;
      for (const gate of node.inputs) {
        const sigmoid = editor.producer(gate);
        if (!isOp(sigmoid, 'Sigmoid') || otherOperand(node, gate) !== sigmoid.inputs[0]) continue;
        const activation = { activation: 'silu', alpha: 1, beta: 0 } as const;
        editor.replace([node], [unaryNode(editor, sigmoid.inputs[0], node.outputs, activation)]);
        break;
      }
    }
    return editor.finish();
  },
};
