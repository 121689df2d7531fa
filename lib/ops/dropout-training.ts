// DropoutTraining (ai.kompakt): inputs X and the number of the step (int64 [1]). Element i is kept when a hash of (seed,
// step, i) says so: the same on any number of threads, and in the backward pass, which needs no mask.
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { emitOwn } from './gradients/emit.js';
import { defineOp, floatAttr, inputType, inputValue, intAttr, noMacs, staysFloat } from './op.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { illegalAttribute } from './shared/illegal.js';

/** A bijection of 32-bit integers in which every bit of x reaches every bit of the result. */
function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}

/** The step dropout_f32 computes the same (native/ops/dropout_f32.cc). */
const keptAt = (seed: number, step: number, ratio: number): ((i: number) => boolean) => {
  const key = mix(mix(seed) ^ step);
  const threshold = Math.floor(ratio * 2 ** 32);
  return (i) => mix(mix(i) ^ key) >>> 0 >= threshold;
};

export const dropoutTraining = defineOp({
  op: 'DropoutTraining',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { ratio: { type: 'float' }, seed: { type: 'int', default: 0 } },
  infer: (ctx) => {
    const ratio = floatAttr(ctx.node, 'ratio');
    if (!(ratio >= 0 && ratio < 1)) illegalAttribute('a ratio in [0, 1)', ctx.where, ratio);
    typedInput(ctx, 1, ['int64']);
    return [typedInput(ctx, 0, floatTypes)];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const [step] = toNumbers(inputValue(ctx, 1));
    const ratio = floatAttr(ctx.node, 'ratio');
    const kept = keptAt(intAttr(ctx.node, 'seed', 0), step! | 0, ratio);
    const factor = Math.fround(1 / (1 - ratio));
    return [
      fromNumbers(
        x.dtype,
        x.dims,
        toNumbers(x).map((v, i) => (kept(i) ? v * factor : 0)),
      ),
    ];
  },
  gradient: (ctx) => [
    emitOwn(ctx, 'DropoutTraining', [ctx.outputGradient(0)!, ctx.node.inputs[1]!], ctx.node.attributes),
  ],
  cost: noMacs,
  quantize: staysFloat('it is for training'),
  lower: (ctx) => {
    if (inputType(ctx, 0).dtype !== 'float32' || sizeOf(ctx.outputs[0]!.dims) === 0) return false;
    // Plain, so that forward and backward pass count elements alike.
    ctx.emit('dropout_f32', [ctx.read(0, 'plain'), ctx.read(1, 'plain')], [ctx.write(0, 'plain')], {
      ratio: floatAttr(ctx.node, 'ratio'),
      seed: intAttr(ctx.node, 'seed', 0) | 0,
    });
    return true;
  },
  random: true,
});
