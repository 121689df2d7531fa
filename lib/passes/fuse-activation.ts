// Moves a unary function into the convolution or matrix product before it.
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { stringAttr } from '../ops/op.js';
import { activationOf } from './activation-of.js';
import type { Pass } from './pass.js';
import { isOp } from './pattern.js';
import { activationAttributes } from './unary-node.js';

export const fuseActivation: Pass = {
  name: 'fuse-activation',
  summary:
    'Relu(Conv(x)) -> FusedConv(x, activation relu); so for FusedConv, FusedMatMul and every unary function',
  source: 'the steps conv_f32 and matmul_f32 apply it while the result is in registers',
  run(graph) {
    const editor = new GraphEditor(graph);
    for (const node of editor.nodes) {
      const producer = editor.producer(node.inputs[0] ?? '');
      if (!hasRoom(producer) || !editor.isOnlyUsedBy(node.inputs[0], node)) continue;
      const activation = activationOf(editor, node, graph.opsets[node.domain] ?? 1);
      if (activation === undefined) continue;
      const fused: Node = {
        ...producer,
        op: isOp(producer, 'Conv') ? 'FusedConv' : producer.op,
        domain: 'ai.kompakt',
        outputs: node.outputs,
        attributes: { ...producer.attributes, ...activationAttributes(activation) },
      };
      editor.replace([producer, node], [fused]);
    }
    return editor.finish();
  },
};

const withRoom = new Set(['ConvIntegerToFloat', 'FusedConv', 'FusedMatMul']);

/** A Conv, or a fused operator without activation yet. */
function hasRoom(node: Node | undefined): node is Node {
  if (isOp(node, 'Conv')) return true;
  const fused = node?.domain === 'ai.kompakt' && withRoom.has(node.op);
  return fused && stringAttr(node, 'activation', 'none') === 'none';
}
