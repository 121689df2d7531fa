// Triangular filters, evenly spaced in mel, that turn the bins of a spectrum into mel bins: [dft_length / 2 + 1, bins].
import { dtypeFromOnnx, dtypes } from '../tensor/dtype.js';
import { fromNumbers, scalarOf } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
  type TensorType,
} from './op.js';
import { illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';

const toMel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const toHertz = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

export const melWeightMatrix = defineOp({
  op: 'MelWeightMatrix',
  domain: '',
  since: 17,
  inputs: [5, 5],
  outputs: [1, 1],
  attributes: { output_datatype: { type: 'int', default: dtypes.float32.onnx } },
  infer: (ctx) => [typeOf(ctx)],
  reference: (ctx) => {
    const { dtype, dims } = typeOf(knownContext(ctx));
    const [spectrum, bins] = dims;
    const [, length, rate, low, high] = numbersOf(knownContext(ctx));
    const step = (toMel(high) - toMel(low)) / (bins + 2);
    const edges = Array.from({ length: bins + 2 }, (_, i) =>
      Math.floor(((length + 1) * toHertz(toMel(low) + i * step)) / rate),
    );
    const y = new Float64Array(spectrum * bins);
    for (let i = 0; i < bins; i++) {
      const [left, center, right] = edges.slice(i, i + 3);
      if (center === left) y[center * bins + i] = 1;
      else for (let j = left; j <= center; j++) y[j * bins + i] = (j - left) / (center - left);
      for (let j = center; j < right; j++) y[j * bins + i] = (right - j) / (right - center);
    }
    return [fromNumbers(dtype, dims, y)];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('it is made while planning'),
  lower: 'host',
});

const numbersOf = (ctx: InferContext): number[] =>
  ctx.inputs.map((_, i) => scalarOf(needValue(ctx, i), ctx.where));

function typeOf(ctx: InferContext): TensorType {
  const [bins, length, rate, low, high] = numbersOf(ctx);
  if (!(bins >= 1 && length >= 1 && rate > 0 && low >= 0 && high > low && 2 * high <= rate))
    illegalShape('bins, a length and 0 <= low < high <= rate / 2', ctx.where, [
      bins,
      length,
      rate,
      low,
      high,
    ]);
  const code = intAttr(ctx.node, 'output_datatype', dtypes.float32.onnx);
  return { dtype: dtypeFromOnnx(code, ctx.where), dims: [Math.floor(length / 2) + 1, bins] };
}
