// Puts the elements that MaxPool kept back where they were, between zeros.
import { sameDims, sizeOf, stridesOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intsAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { floatTypes, integersOf, stridedOffsets, typedInput } from './shared/elements.js';
import { illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';

export const maxUnpool = defineOp({
  op: 'MaxUnpool',
  domain: '',
  since: 9,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: {
    kernel_shape: { type: 'ints' },
    pads: { type: 'ints', default: null },
    strides: { type: 'ints', default: null },
  },
  infer: (ctx) => [{ dtype: typedInput(ctx, 0, floatTypes).dtype, dims: shapesOf(ctx).output }],
  reference: (ctx) => {
    const x = toNumbers(inputValue(ctx, 0));
    const { pooled, output } = shapesOf(knownContext(ctx));
    const places = stridedOffsets(pooled, stridesOf(output));
    const y = new Float64Array(sizeOf(output));
    toNumbers(inputValue(ctx, 1)).forEach((at, i) => {
      if (places[at] === undefined) illegalShape(`indices below ${places.length}`, ctx.where, at);
      y[places[at]] = x[i];
    });
    return [fromNumbers(inputValue(ctx, 0).dtype, output, y)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('its zeros and its input would need one scale'),
  lower: 'host',
});

/** What was pooled (the indices count in it), and the output, which may be larger. */
function shapesOf(ctx: InferContext): { readonly pooled: number[]; readonly output: number[] } {
  const { dims } = inputType(ctx, 0);
  if (!sameDims(dims, typedInput(ctx, 1, ['int64']).dims))
    illegalShape('an index for every element', ctx.where, [dims, inputType(ctx, 1).dims]);
  const rank = dims.length - 2;
  const kernel = intsAttr(ctx.node, 'kernel_shape') ?? [];
  const strides = intsAttr(ctx.node, 'strides') ?? new Array<number>(rank).fill(1);
  const pads = intsAttr(ctx.node, 'pads') ?? new Array<number>(2 * rank).fill(0);
  if (rank < 1 || kernel.length !== rank || strides.length !== rank || pads.length !== 2 * rank)
    illegalShape(`a window of ${rank} axes`, ctx.where, kernel);
  const pooled = dims.map((d, i) =>
    i < 2 ? d : (d - 1) * strides[i - 2] + kernel[i - 2] - pads[i - 2] - pads[i - 2 + rank],
  );
  const output = ctx.inputs[2] === undefined ? pooled : integersOf(needValue(ctx, 2));
  if (output.length !== dims.length || output.some((d, i) => d < pooled[i]))
    illegalShape(`an output of at least [${pooled.join(',')}]`, ctx.where, output);
  return { pooled, output };
}
