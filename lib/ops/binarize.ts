// Binarize (ai.kompakt): x >= 0 ? 1 : -1, so that 0 is 1; NaN is -1, as for PackBits. Training puts it where inference has
// bits. Its derivative is 0, so a gradient passes through an estimate of it, the derivative of a function near it:
// clip   that of max(-a, min(a, x)), 1 for |x| <= a (Courbariaux et al. 2016, arXiv:1602.02830, equation 4: a = 1);
// approx that of ApproxSign, 2 - 2 |x| for |x| < 1 (Liu et al. 2018, arXiv:1808.00278, equation 7);
// swish  that of SwishSign with a = beta (Darabi et al. 2018, arXiv:1812.11800, equations 3 and 4).
import type { Node } from '../graph/graph.js';
import { byKind } from './gradients/unary.js';
import { defineOp, floatAttr, noMacs, staysFloat, stringAttr } from './op.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { lowerUnary, mapUnary, type NativeUnary } from './shared/elementwise.js';
import { illegalAttribute } from './shared/illegal.js';

const kinds = {
  clip: 'binarize_clip',
  approx: 'binarize_approx',
  swish: 'binarize_swish',
} as const;

export type BinarizeEstimate = keyof typeof kinds;

function kindOf(node: Node): NativeUnary {
  const estimate = stringAttr(node, 'estimate', 'clip');
  if (!Object.hasOwn(kinds, estimate))
    illegalAttribute(`estimate ${Object.keys(kinds).join(', ')}`, `${node.op} node '${node.name}'`, estimate);
  return { op: kinds[estimate as BinarizeEstimate], alpha: floatAttr(node, 'alpha', 1) };
}

const reference = { float: () => (x: number) => (x >= 0 ? 1 : -1) };

export const binarize = defineOp({
  op: 'Binarize',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { estimate: { type: 'string', default: 'clip' }, alpha: { type: 'float', default: 1 } },
  infer: (ctx) => [typedInput(ctx, 0, floatTypes)],
  reference: (ctx) => [mapUnary(reference, ctx)],
  gradient: byKind(({ node }) => kindOf(node)),
  cost: noMacs,
  quantize: staysFloat('a trained one becomes bits'),
  lower: (ctx) =>
    lowerUnary(
      ctx,
      (at) => [mapUnary(reference, at)],
      () => kindOf(ctx.node),
    ),
});
