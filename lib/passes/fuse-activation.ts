// Moves a unary function into the convolution or matrix product before it.
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { largestFloat32 } from '../ops/clip.js';
import { stringAttr } from '../ops/op.js';
import { type Activation, activationOf } from './activation-of.js';
import { typesWhenNeeded } from './infer-types.js';
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
    const inferred = typesWhenNeeded(graph);
    const isFloat32 = (name: string): boolean => inferred().types.get(name)?.dtype === 'float32';
    for (const node of editor.nodes) {
      const producer = editor.producer(node.inputs[0] ?? '');
      if (!hasRoom(producer) || !editor.isOnlyUsedBy(node.inputs[0], node)) continue;
      const activation = activationOf(editor, node, graph.opsets[node.domain] ?? 1);
      if (activation === undefined || (isOpenClip(activation) && !isFloat32(node.outputs[0]))) continue;
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

/** Absent bounds are the last numbers of the type, and fused ones those of float32. */
const isOpenClip = ({ activation, alpha, beta }: Activation): boolean =>
  activation === 'clip' && (alpha === -largestFloat32 || beta === largestFloat32);

const withRoom = new Set(['ConvIntegerToFloat', 'FusedConv', 'FusedMatMul']);

/** A Conv, or a fused operator without activation yet. */
function hasRoom(node: Node | undefined): node is Node {
  if (isOp(node, 'Conv')) return true;
  const fused = node?.domain === 'ai.kompakt' && withRoom.has(node.op);
  return fused && stringAttr(node, 'activation', 'none') === 'none';
}
