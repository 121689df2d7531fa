// The Fourier transform of overlapping frames of a signal: [batch, samples, 1 or 2] to [batch, frames, bins, 2].
import { attr } from '../graph/attribute.js';
import type { Graph } from '../graph/graph.js';
import { f32, fromNumbers, scalarOf, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
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
import { Body } from './shared/body.js';
import { derivedConstant } from './shared/derived-constant.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { fourier } from './shared/fourier.js';
import { factorOf, fourierMatrix, type Transform, transformed } from './shared/fourier-body.js';
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
  inline,
});

function inline(ctx: InferContext): Graph | undefined {
  if ([1, 3].some((i) => ctx.inputs[i] !== undefined && ctx.value(i) === undefined)) return undefined;
  const { dtype, dims } = typedInput(ctx, 0, floatTypes);
  const [batch, samples, parts = 1] = dims;
  const { step, length, frames, bins } = planOf(ctx);
  const transform = { length, parts, bins, inverse: false };
  // Frames are gathered and multiplied by the window.
  const factor = factorOf(transform, 2 * length * parts);
  if (dtype !== 'float32' || dims.includes(0) || factor === undefined) return undefined;
  if (ctx.inputs[2] !== undefined && ctx.inputs[2].dims.length !== 1) return undefined;
  const body = new Body(ctx);
  // Frames begin and end between runs of this many samples.
  const run = divisor(step, length);
  const used = (frames - 1) * step + length;
  const flat = body.reshape(body.input(0), [batch, samples * parts]);
  const runs = body.reshape(used === samples ? flat : body.slice(flat, 0, used * parts, 1), [
    batch,
    used / run,
    run * parts,
  ]);
  const windowed = ctx.inputs[2] !== undefined;
  const window = windowed ? ctx.value(2) : undefined;
  if (factor === 1 && (window !== undefined || !windowed)) {
    const weights = body.graph.constant('weights', filters(transform, run, window));
    const strides = { strides: attr.ints([step / run]) };
    const y = body.one('Conv', [body.transpose(runs, [0, 2, 1]), weights], strides);
    return body.finish([body.reshape(body.transpose(y, [0, 2, 1]), [batch, frames, bins, 2])]);
  }
  const [perFrame, perStep] = [length / run, step / run];
  const places = Int32Array.from(
    { length: frames * perFrame },
    (_, i) => Math.floor(i / perFrame) * perStep + (i % perFrame),
  );
  const at = body.graph.constant('places', tensor('int32', [frames, perFrame], places));
  let lines = body.one('Gather', [runs, at], { axis: attr.int(1) });
  lines = body.reshape(lines, [batch * frames, length, parts]);
  if (windowed) lines = body.one('Mul', [lines, body.reshape(body.input(2), [length, 1])]);
  const rows = body.reshape(lines, [batch * frames, length * parts]);
  const y = transformed(body, rows, batch * frames, transform, factor);
  return body.finish([body.reshape(y, [batch, frames, bins, 2])]);
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** The matrix of a transform as weights [bins * 2, run * parts, length / run]: one of a convolution over runs of samples. */
function filters(transform: Transform, run: number, window: TensorValue | undefined): TensorValue {
  const matrix = fourierMatrix(transform, window);
  return derivedConstant(matrix, `filters ${run}`, () => {
    const [inputs, outputs] = matrix.dims as readonly [number, number];
    const channels = run * transform.parts;
    const taps = inputs / channels;
    const source = matrix.data as Float32Array;
    const weights = new Float32Array(source.length);
    for (let i = 0, from = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++)
        weights[(o * channels + (i % channels)) * taps + Math.floor(i / channels)] = source[from++]!;
    return f32([outputs, channels, taps], weights);
  });
}

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
