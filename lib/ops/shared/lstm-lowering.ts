// Lowers LSTM: per direction one product of X with W over all steps of time, then the recurrence.
import { sizeOf } from '../../tensor/shape.js';
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import {
  type Buffer,
  floatAttr,
  floatsAttr,
  inputType,
  intAttr,
  type LowerContext,
  stringsAttr,
} from '../op.js';
import { derivedConstant } from './derived-constant.js';
import { pointWindow } from './product-lowering.js';
import { directionsOf, type Sizes, sizesOf } from './recurrent.js';

const gates = 4;
const noActivation = { activation: 'none', alpha: 0, beta: 0 } as const;

/** False where the step lacks something: lengths, peepholes, clipping, coupled gates, other functions or layouts. */
export function lowerLstm(ctx: LowerContext): boolean {
  const { node } = ctx;
  const [w, r, b] = [ctx.value(1), ctx.value(2), ctx.value(3)];
  const x = inputType(ctx, 0);
  if (x.dtype !== 'float32' || w === undefined || r === undefined) return false;
  if ((ctx.inputs[3] !== undefined && b === undefined) || ctx.inputs[4] !== undefined) return false;
  if (ctx.inputs[7] !== undefined || floatAttr(node, 'clip', 0) > 0) return false;
  if (intAttr(node, 'input_forget', 0) !== 0 || !hasUsualFunctions(ctx)) return false;
  const sizes = sizesOf(ctx, x.dims, r.dims);
  const { steps, batch, input, hidden, batchFirst } = sizes;
  if (batchFirst || steps * batch * hidden * input === 0) return false;

  const data = ctx.reshape(ctx.read(0, 'plain'), [1, steps * batch, 1, input]);
  const initial = [5, 6].map((i) => (ctx.inputs[i] === undefined ? null : ctx.read(i, 'plain')));
  const outputs = outputsOf(ctx, sizes);
  directionsOf(ctx).forEach((reverse, direction) => {
    const product = ctx.temporary('float32', [1, steps * batch, 1, gates * hidden]);
    const weights = ctx.constant(part(w, direction, [gates * hidden, 1, 1, input]));
    const bias = b === undefined ? null : ctx.constant(biasOf(b, direction, gates * hidden));
    ctx.emit('conv_f32', [data, weights, bias, null], [product], { ...pointWindow, ...noActivation });
    const recurrent = ctx.constant(part(r, direction, [gates * hidden, hidden]));
    const params = { direction, reverse: Number(reverse) };
    ctx.emit('lstm_f32', [product, recurrent, ...initial], outputs, params);
  });
  return true;
}

/** Names are compared as ONNX does: without case. Sigmoid and Tanh have no parameters. */
function hasUsualFunctions({ node }: LowerContext): boolean {
  const names = stringsAttr(node, 'activations');
  if (floatsAttr(node, 'activation_alpha') !== undefined) return false;
  const usual = ['sigmoid', 'tanh', 'tanh'];
  return names === undefined || names.every((name, i) => name.toLowerCase() === usual[i % 3]);
}

/** Y and the final states; memory of its own for those that nobody wants. */
function outputsOf(ctx: LowerContext, { steps, batch, hidden, directions }: Sizes): Buffer[] {
  const state = [directions, batch, hidden];
  return [[steps, ...state], state, state].map((dims, i) =>
    ctx.node.outputs[i] ? ctx.write(i, 'plain') : ctx.temporary('float32', dims),
  );
}

/** What belongs to one direction. */
const part = (all: TensorValue, direction: number, dims: readonly number[]): TensorValue =>
  derivedConstant(all, `direction ${direction} [${dims}]`, () => {
    const size = sizeOf(dims);
    const data = (all.data as Float32Array).subarray(direction * size, (direction + 1) * size);
    return tensor('float32', dims, data);
  });

/** The biases of W and R are added once. */
const biasOf = (all: TensorValue, direction: number, size: number): TensorValue =>
  derivedConstant(all, `biases of direction ${direction}`, () => {
    const values = (all.data as Float32Array).subarray(2 * direction * size, 2 * (direction + 1) * size);
    return tensor(
      'float32',
      [size],
      Float32Array.from({ length: size }, (_, i) => values[i]! + values[size + i]!),
    );
  });
