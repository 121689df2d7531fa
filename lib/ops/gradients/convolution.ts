// Gradients of convolutions: each input gradient is the transposed operation, each weight gradient a correlation of the
// input with the gradient of the output.
import type { GradientContext, GradientRule } from '../op.js';
import { convGeometry, convTransposeGeometry } from '../shared/conv-geometry.js';
import type { ConvGeometry } from '../shared/convolution.js';
import { emit, int, integers, ints, reshape, sumAxes } from './emit.js';

const windowOf = ({ window, groups }: ConvGeometry) => ({
  strides: ints(window.strides),
  dilations: ints(window.dilations),
  pads: ints([...window.padsBegin, ...window.padsEnd]),
  kernel_shape: ints(window.kernel),
  group: int(groups),
});

/** Sum over all axes but the channels. */
function biasGradient(ctx: GradientContext): string {
  const { dims } = ctx.outputs[0]!;
  const axes = dims.map((_, axis) => axis).filter((axis) => axis !== 1);
  return reshape(ctx, sumAxes(ctx, ctx.outputGradient(0)!, axes), [dims[1]!]);
}

export const convGradient: GradientRule = (ctx) => {
  const gradient = ctx.outputGradient(0)!;
  const [x, w] = ctx.node.inputs as readonly [string, string];
  const geometry = convGeometry(ctx.node, ctx.where, ctx.inputs[0]!.dims, ctx.inputs[1]!.dims);
  const { window } = geometry;
  // What the last window left of the input gets no gradient, but has to be there.
  const left = window.input.map((size, i) => {
    const span = (window.kernel[i]! - 1) * window.dilations[i]! + 1;
    return (
      size - ((window.output[i]! - 1) * window.strides[i]! + span - window.padsBegin[i]! - window.padsEnd[i]!)
    );
  });
  const [weight, bias] = weightGradients(ctx, x, gradient, geometry);
  return [
    ctx.wants(0)
      ? emit(ctx, 'ConvTranspose', [gradient, w], { ...windowOf(geometry), output_padding: ints(left) })
      : undefined,
    weight,
    bias,
  ];
};

/** One node gives both: the bias gradient rides along with the pass over the output's gradient. */
function weightGradients(
  ctx: GradientContext,
  x: string,
  gradient: string,
  geometry: ConvGeometry,
): readonly (string | undefined)[] {
  if (!ctx.wants(1)) return [undefined, ctx.wants(2) ? biasGradient(ctx) : undefined];
  return ctx.add('ConvWeightGradient', [x, gradient], windowOf(geometry), {
    domain: 'ai.kompakt',
    outputs: ctx.wants(2) ? 2 : 1,
  });
}

/** The gradient of what x reaches. Padding of the output may add more behind it than a stride: windows that would be of none of x. */
function withinReach(ctx: GradientContext, { window }: ConvGeometry): string {
  const gradient = ctx.outputGradient(0)!;
  const reach = window.input.map((size, i) => {
    const span = (window.kernel[i]! - 1) * window.dilations[i]! + 1;
    return (size - 1) * window.strides[i]! + span - window.padsBegin[i]! - window.padsEnd[i]!;
  });
  if (reach.every((end, i) => window.output[i]! - end < window.strides[i]!)) return gradient;
  const [starts, ends, axes] = [reach.map(() => 0), reach, reach.map((_, i) => i + 2)];
  return emit(ctx, 'Slice', [
    gradient,
    integers(ctx, 'starts', starts),
    integers(ctx, 'ends', ends),
    integers(ctx, 'axes', axes),
  ]);
}

/** x and the gradient change places: x is what comes out of the convolution that this one transposes. */
export const convTransposeGradient: GradientRule = (ctx) => {
  const [x, w] = ctx.node.inputs as readonly [string, string];
  const geometry = convTransposeGeometry(ctx.node, ctx.where, ctx.inputs[0]!.dims, ctx.inputs[1]!.dims);
  const gradient = withinReach(ctx, geometry);
  const window = windowOf(geometry);
  return [
    ctx.wants(0) ? emit(ctx, 'Conv', [gradient, w], window) : undefined,
    ctx.wants(1)
      ? ctx.add('ConvWeightGradient', [gradient, x], window, { domain: 'ai.kompakt' })[0]
      : undefined,
    ctx.wants(2) ? biasGradient(ctx) : undefined,
  ];
};
