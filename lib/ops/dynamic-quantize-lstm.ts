// DynamicQuantizeLSTM (com.microsoft): LSTM with 8-bit W [D,I,4*H] and R [D,H,4*H]. Inputs: X, W, R, B?, sequence_lens?,
// initial_h?, initial_c?, P?, W_scale, W_zero_point, R_scale, R_zero_point (one per direction, or per column of it).
// onnxruntime also rounds X and h to 8 bits at every step, to multiply faster; here they keep their bits.
import { fromNumbers, type TensorValue, toNumbers } from '../tensor/tensor.js';
import { lstm } from './lstm.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  notDifferentiable,
  type ReferenceContext,
} from './op.js';
import { derivedConstant } from './shared/derived-constant.js';
import { illegalShape } from './shared/illegal.js';
import { byteInput } from './shared/quantized.js';
import { lowerRecurrent } from './shared/recurrent-lowering.js';

const W = 1;
const R = 2;
/** Index of the scale of W; that of R follows two later, zero points directly behind. */
const SCALES = 8;

/** Weights as LSTM takes them: real numbers, [D,4*H,K]. */
function plainWeights(w: TensorValue, scale: TensorValue, zero: TensorValue): TensorValue {
  const [directions, k, rows] = w.dims;
  const [values, scales, zeros] = [w, scale, zero].map(toNumbers);
  const perColumn = scales.length === directions * rows && scales.length !== directions;
  const out = new Float32Array(values.length);
  for (let d = 0; d < directions; d++)
    for (let i = 0; i < k; i++)
      for (let row = 0; row < rows; row++) {
        const at = perColumn ? d * rows + row : d;
        const q = values[(d * k + i) * rows + row] - zeros[at % zeros.length];
        out[(d * rows + row) * k + i] = q * scales[at % scales.length];
      }
  return fromNumbers('float32', [directions, rows, k], out);
}

/** Inputs of the LSTM that this is: 0..7, with other weights. */
const asLstm = <T>(inputs: readonly T[], w: T, r: T): readonly T[] => [
  inputs[0],
  w,
  r,
  ...inputs.slice(3, SCALES),
];

function inferLstm(ctx: InferContext) {
  const turned = [W, R].map((i, k) => {
    byteInput(ctx, i, SCALES + 2 * k + 1, 'weights');
    const { dims } = inputType(ctx, i);
    if (dims.length !== 3) illegalShape('weights of rank 3', ctx.where, dims);
    return { dtype: 'float32', dims: [dims[0], dims[2], dims[1]] } as const;
  });
  return lstm.infer({ ...ctx, inputs: asLstm(ctx.inputs, turned[0], turned[1]) });
}

const weightsOf = (value: (i: number) => TensorValue): readonly [TensorValue, TensorValue] => [
  plainWeights(value(W), value(SCALES), value(SCALES + 1)),
  plainWeights(value(R), value(SCALES + 2), value(SCALES + 3)),
];

export const dynamicQuantizeLstm = defineOp({
  ...lstm,
  learns: [],
  gradient: notDifferentiable('its weights are integers; train the float model'),
  op: 'DynamicQuantizeLSTM',
  domain: 'com.microsoft',
  since: 1,
  inputs: [12, 12],
  optional: [3, 4, 5, 6, 7],
  infer: inferLstm,
  reference: (ctx: ReferenceContext) => {
    const [w, r] = weightsOf((i) => inputValue(ctx, i));
    return lstm.reference({ ...ctx, inputs: asLstm(ctx.inputs, w, r) });
  },
  lower: (ctx) => {
    const [w, r] = [ctx.value(W), ctx.value(R)];
    const known = [0, 1, 2, 3].every((i) => ctx.value(SCALES + i) !== undefined);
    if (w === undefined || r === undefined || !known) return false;
    const real = (of: TensorValue, i: number): TensorValue =>
      derivedConstant(of, `lstm ${i}`, () => weightsOf((at) => ctx.value(at)!)[i]);
    return lowerRecurrent('lstm', ctx, [real(w, 0), real(r, 1)]);
  },
});
