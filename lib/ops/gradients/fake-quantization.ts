// The gradient of FakeQuantize. Rounding counts as the identity (straight-through estimator: Bengio et al. 2013,
// arXiv:1308.3432), so x gets what y gets wherever x / scale is between the bounds. The scale gets
//   lsq:  round(x / s) - x / s between the bounds, the bound itself beyond them, all times 1 / sqrt(N * high), N being the
//         elements that the scale belongs to in one sample (Esser et al. 2020, arXiv:1902.08153, equation 3, section 2.2)
//   pact: nothing between the bounds and the bound itself beyond them, so that the clipping level high * s gets the
//         gradients of all that it clips (Choi et al. 2018, arXiv:1805.06085, equation 3)
import { sizeOf } from '../../tensor/shape.js';
import { type GradientRule, intAttr, stringAttr } from '../op.js';
import { illegalAttribute } from '../shared/illegal.js';
import { float, int } from './emit.js';

export const fakeQuantizeGradientRule: GradientRule = (ctx) => {
  const { node } = ctx;
  const kind = stringAttr(node, 'gradient', 'ste');
  if (kind !== 'ste' && kind !== 'lsq' && kind !== 'pact')
    illegalAttribute("gradient 'ste', 'lsq' or 'pact'", ctx.where, kind);
  const learned = ctx.wants(1) && kind !== 'ste';
  return ctx.add(
    'FakeQuantizeGradient',
    [ctx.outputGradient(0)!, ...node.inputs],
    {
      low: int(intAttr(node, 'low')),
      high: int(intAttr(node, 'high')),
      axis: int(intAttr(node, 'axis', 0)),
      inner: int(kind === 'lsq' ? 1 : 0),
      factor: float(kind === 'lsq' ? lsqFactor(ctx) : 1),
    },
    { domain: 'ai.kompakt', outputs: learned ? 2 : 1 },
  );
};

function lsqFactor({ node, inputs }: Parameters<GradientRule>[0]): number {
  const [x, scale] = inputs.map((type) => type!.dims);
  const samples = intAttr(node, 'batched', 0) === 0 ? 1 : x![0]!;
  const elements = Math.max(1, sizeOf(x!) / sizeOf(scale!) / samples);
  const reach = Math.max(intAttr(node, 'high'), -intAttr(node, 'low'));
  return 1 / Math.sqrt(elements * reach);
}
