// The Fourier transform of overlapping frames of a signal: [batch, samples, 1 or 2] to [batch, frames, bins, 2].
import { fromNumbers, scalarOf, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputValue,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { fourier } from './shared/fourier.js';
import { illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';

export const stft = defineOp({
  op: 'STFT',
  domain: '',
  since: 17,
  inputs: [2, 4],
  outputs: [1, 1],
  attributes: { onesided: { type: 'int', default: 1 } },
  infer: (ctx) => {
    const { dtype, dims } = typedInput(ctx, 0, floatTypes);
    const { frames, bins } = planOf(ctx);
    return [{ dtype, dims: [dims[0], frames, bins, 2] }];
  },
  reference: (ctx) => {
    const signal = inputValue(ctx, 0);
    const { frames, bins, length, step } = planOf(knownContext(ctx));
    const window = ctx.inputs[2] && toNumbers(ctx.inputs[2]);
    const values = toNumbers(signal);
    const [batch, samples, parts = 1] = signal.dims;
    const y = new Float64Array(batch * frames * bins * 2);
    for (let b = 0; b < batch; b++)
      for (let f = 0; f < frames; f++) {
        const line = new Float64Array(2 * length);
        for (let t = 0; t < length; t++)
          for (let part = 0; part < parts; part++)
            line[2 * t + part] = values[(b * samples + f * step + t) * parts + part] * (window?.[t] ?? 1);
        y.set(fourier(line, bins, false), (b * frames + f) * bins * 2);
      }
    return [fromNumbers(signal.dtype, [batch, frames, bins, 2], y)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('spectra need more than 8 bits'),
  lower: 'host',
});

function planOf(ctx: InferContext) {
  const { dims } = typedInput(ctx, 0, floatTypes);
  if ((dims.length !== 2 && dims.length !== 3) || (dims[2] ?? 1) > 2)
    illegalShape('a signal [batch, samples, 1 or 2]', ctx.where, dims);
  const step = scalarOf(needValue(ctx, 1), ctx.where);
  const window = ctx.inputs[2]?.dims[0];
  const length = ctx.inputs[3] === undefined ? window : scalarOf(needValue(ctx, 3), ctx.where);
  if (length === undefined || length < 1 || length > dims[1] || step < 1 || (window ?? length) !== length)
    illegalShape(`frames and a window that fit ${dims[1]} samples`, ctx.where, { step, length, window });
  const half = intAttr(ctx.node, 'onesided', 1) === 1;
  return {
    step,
    length,
    frames: Math.floor((dims[1] - length) / step) + 1,
    bins: half ? Math.floor(length / 2) + 1 : length,
  };
}
