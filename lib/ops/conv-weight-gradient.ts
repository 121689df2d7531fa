// ConvWeightGradient (ai.kompakt): the gradients of the weight and the bias of a Conv, from its input X and the gradient of
// its output. dW[o,i,k] = sum over batch and output positions p of dY[o,p] * X[i, p * stride + k * dilation - pad].
import { type Dims, sameDims, sizeOf, stridesOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  intsAttr,
  type LowerContext,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
} from './op.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import { isFlat, kernel2d, readNhwc, window2d } from './shared/conv-lowering.js';
import { type ConvGeometry, convMacs, outputDims } from './shared/convolution.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';
import { forwardTaps } from './shared/window.js';

export const convWeightGradient = defineOp({
  op: 'ConvWeightGradient',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 2],
  attributes: { ...convAttributes, kernel_shape: { type: 'ints' } },
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const geometry = geometryOf(ctx, dims, inputType(ctx, 1).dims);
    const bias = { dtype, dims: [geometry.groups * geometry.filters] };
    return [{ dtype, dims: weightDims(geometry) }, bias].slice(0, ctx.node.outputs.length);
  },
  reference,
  gradient: notDifferentiable('second derivatives are not needed for training'),
  cost: (ctx) => ({
    macs: convMacs(geometryOf(ctx, inputType(ctx, 0).dims, inputType(ctx, 1).dims)),
    weightBytes: 0,
  }),
  quantize: staysFloat('gradients need more than 8 bits'),
  lower,
});

const weightDims = (g: ConvGeometry): number[] => [g.groups * g.filters, g.channels, ...g.window.kernel];

/** The geometry of the convolution whose weights these are. */
function geometryOf(ctx: Pick<InferContext, 'node' | 'where'>, x: Dims, dy: Dims): ConvGeometry {
  const kernel = intsAttr(ctx.node, 'kernel_shape');
  const groups = intAttr(ctx.node, 'group', 1);
  if (kernel === undefined) illegalAttribute('attribute kernel_shape', ctx.where, undefined);
  const geometry = convGeometry(ctx.node, ctx.where, x, [dy[1]!, x[1]! / groups, ...kernel]);
  if (!sameDims(outputDims(geometry), dy))
    illegalShape(`a gradient of shape [${outputDims(geometry)}]`, ctx.where, dy);
  return geometry;
}

function reference(ctx: ReferenceContext) {
  const x = inputValue(ctx, 0);
  const gradient = inputValue(ctx, 1);
  const g = geometryOf(ctx, x.dims, gradient.dims);
  const [from, dy] = [toNumbers(x), toNumbers(gradient)];
  const outputs = g.groups * g.filters;
  const [inArea, outArea, taps] = [g.window.input, g.window.output, g.window.kernel].map(sizeOf);
  const reads = tapOffsets(g);
  const dw = new Float64Array(outputs * g.channels * taps);
  const db = new Float64Array(outputs);
  for (let n = 0; n < g.batch; n++)
    for (let o = 0; o < outputs; o++) {
      const row = (n * outputs + o) * outArea;
      const group = Math.floor(o / g.filters);
      for (let p = 0; p < outArea; p++) db[o] += dy[row + p];
      for (let i = 0; i < g.channels; i++) {
        const plane = ((n * g.groups + group) * g.channels + i) * inArea;
        for (let k = 0; k < taps; k++)
          for (let p = 0; p < outArea; p++) {
            const at = reads[p * taps + k];
            if (at >= 0) dw[(o * g.channels + i) * taps + k] += dy[row + p] * from[plane + at];
          }
      }
    }
  return [fromNumbers(x.dtype, weightDims(g), dw), fromNumbers(x.dtype, [outputs], db)].slice(
    0,
    ctx.node.outputs.length,
  );
}

/** [output position][tap]: offset in a plane of the input, -1 in the padding. */
function tapOffsets({ window }: ConvGeometry): Int32Array {
  const own = forwardTaps(window);
  const strides = stridesOf(window.input);
  const [positions, taps] = [sizeOf(window.output), sizeOf(window.kernel)];
  const offsets = new Int32Array(positions * taps);
  for (let p = 0; p < positions; p++)
    for (let k = 0; k < taps; k++) {
      let [restP, restK, offset] = [p, k, 0];
      for (let axis = own.length - 1; axis >= 0; axis--) {
        const [size, kernel] = [window.output[axis], window.kernel[axis]];
        const at = own[axis][(restP % size) * kernel + (restK % kernel)];
        offset = at < 0 || offset < 0 ? -1 : offset + at * strides[axis];
        restP = Math.floor(restP / size);
        restK = Math.floor(restK / kernel);
      }
      offsets[p * taps + k] = offset;
    }
  return offsets;
}

function lower(ctx: LowerContext): boolean {
  const { dtype, dims } = inputType(ctx, 0);
  const geometry = geometryOf(ctx, dims, inputType(ctx, 1).dims);
  if (dtype !== 'float32' || !isFlat(geometry.window)) return false;
  const outputs = geometry.groups * geometry.filters;
  const dw = ctx.reshape(ctx.write(0, 'channels-last'), [
    outputs,
    ...kernel2d(geometry.window),
    geometry.channels,
  ]);
  const bias = ctx.node.outputs.length > 1 ? [ctx.write(1, 'plain')] : [];
  ctx.emit('conv_weight_gradient_f32', [readNhwc(ctx, 0), readNhwc(ctx, 1)], [dw, ...bias], {
    ...window2d(geometry.window),
    group: geometry.groups,
  });
  return true;
}
