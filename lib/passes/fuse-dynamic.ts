// Gathers what dynamic quantisation writes behind an integer product into one operator.
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { intAttr } from '../ops/op.js';
import { type TensorValue, tensor } from '../tensor/tensor.js';
import { type InferredTypes, typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';
import { besideConstant, isOp, otherOperand, soleUser } from './pattern.js';

const float32 = 1;

export const fuseDynamic: Pass = {
  name: 'fuse-dynamic',
  summary:
    'Cast(ConvInteger(x, w)) * (sx * sw) + b -> ConvIntegerToFloat; so for MatMulInteger, to MatMulIntegerToFloat',
  source: 'the form that ONNX Runtime writes for dynamic quantisation; sx is known at run time only',
  needs: ['ConvInteger', 'MatMulInteger'],
  run(graph) {
    const editor = new GraphEditor(graph);
    const inferred = typesWhenNeeded(graph);
    for (const node of editor.nodes)
      if (isOp(node, 'ConvInteger', 'MatMulInteger')) fuse(editor, node, inferred);
    return editor.finish();
  },
};

interface Scales {
  readonly x: string;
  readonly w: string;
}

/** sx and sw of a product sx * sw with constant sw. */
function scalesOf(editor: GraphEditor, value: string): Scales | undefined {
  const product = editor.producer(value);
  const sides = isOp(product, 'Mul') ? besideConstant(editor, product) : undefined;
  if (product === undefined || sides === undefined || sides[1].dtype !== 'float32') return undefined;
  return { x: sides[0], w: product.inputs[sides[2]] };
}

/** How many axes of size 1 a value has that is one number whatever is fed; undefined for others. */
function axesOfNumber(editor: GraphEditor, name: string, inferred: () => InferredTypes): number | undefined {
  if (isOp(editor.producer(name), 'DynamicQuantizeLinear')) return 0;
  const dims = (editor.constant(name) ?? inferred().types.get(name))?.dims;
  if (dims === undefined || !dims.every((d) => d === 1)) return undefined;
  const certain = dims.length === 0 || editor.constant(name) !== undefined || inferred().exact;
  return certain ? dims.length : undefined;
}

/** A constant with one value, or one per output channel, that broadcasts along the channels and has at most `rank` axes; as a
 *  vector. */
function perChannel(
  value: TensorValue | undefined,
  channels: number,
  trailing: number,
  rank: number,
): TensorValue | undefined {
  if (value?.dtype !== 'float32' || value.dims.length > rank) return undefined;
  const { dims } = value;
  if (value.data.length !== 1) {
    const at = dims.length - 1 - trailing;
    if (dims[at] !== channels || value.data.length !== channels) return undefined;
  }
  return tensor('float32', [value.data.length], value.data as Float32Array);
}

function fuse(
  editor: GraphEditor,
  node: Node & { readonly op: string },
  inferred: () => InferredTypes,
): void {
  const w = editor.constant(node.inputs[1]);
  const cast = soleUser(editor, node.outputs[0]);
  if (w === undefined || !isOp(cast, 'Cast') || intAttr(cast, 'to') !== float32) return;
  const scaled = soleUser(editor, cast.outputs[0]);
  if (!isOp(scaled, 'Mul')) return;
  const other = otherOperand(scaled, cast.outputs[0]);
  const scales = other === undefined ? undefined : scalesOf(editor, other);
  if (scales === undefined) return;

  // Channels are axis 1 of a convolution and the last axis of a matrix product.
  const conv = node.op === 'ConvInteger';
  const trailing = conv ? w.dims.length - 2 : 0;
  const channels = conv ? w.dims[0] : w.dims[w.dims.length - 1];
  if (!conv && w.dims.length < 2) return;
  // Operands with more axes than the product would give the result as many.
  const rank = conv ? w.dims.length : (inferred().types.get(node.outputs[0])?.dims.length ?? 1);
  const [x, , xZero = '', wZero = ''] = node.inputs;
  if ((axesOfNumber(editor, scales.x, inferred) ?? Number.POSITIVE_INFINITY) > rank) return;
  if (xZero !== '' && axesOfNumber(editor, xZero, inferred) === undefined) return;
  const wZeros = wZero === '' ? 1 : editor.constant(wZero)?.data.length;
  if (wZeros !== 1 && wZeros !== channels) return;
  const wScale = perChannel(editor.constant(scales.w), channels, trailing, rank);
  if (wScale === undefined) return;
  const add = soleUser(editor, scaled.outputs[0]);
  const added = isOp(add, 'Add') ? otherOperand(add, scaled.outputs[0]) : undefined;
  const bias = perChannel(editor.constant(added ?? ''), channels, trailing, rank);
  const withBias = bias !== undefined && bias.data.length === channels && add !== undefined;

  const inputs = [x, node.inputs[1], scales.x, editor.addConstant(scales.w, wScale), xZero, wZero];
  if (withBias) inputs.push(editor.addConstant(added!, bias));
  const fused: Node = {
    ...node,
    op: conv ? 'ConvIntegerToFloat' : 'MatMulIntegerToFloat',
    domain: conv ? 'ai.kompakt' : 'com.microsoft',
    inputs,
    outputs: withBias ? add.outputs : scaled.outputs,
  };
  editor.replace([node, cast, scaled, ...(withBias ? [add] : [])], [fused]);
}
