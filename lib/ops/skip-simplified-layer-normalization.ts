// SkipSimplifiedLayerNormalization (com.microsoft): input + skip + bias over its root mean square. Inputs: input, skip, gamma, bias?.
import { defineOp, noMacs, notDifferentiable, staysFloat } from './op.js';
import { inferRowNorm, lowerRowNorm, type RowNorm, referenceRowNorm } from './shared/skip-norm.js';

const norm: RowNorm = {
  skip: 1,
  scale: 2,
  shift: -1,
  bias: 3,
  simplified: true,
  epsilon: Math.fround(1e-12),
};

export const skipSimplifiedLayerNormalization = defineOp({
  op: 'SkipSimplifiedLayerNormalization',
  domain: 'com.microsoft',
  since: 1,
  inputs: [3, 4],
  outputs: [1, 4],
  attributes: { epsilon: { type: 'float', default: norm.epsilon } },
  infer: (ctx) => inferRowNorm(norm, ctx),
  reference: (ctx) => referenceRowNorm(norm, ctx),
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('means and deviations need more than 8 bits'),
  lower: (ctx) => lowerRowNorm(norm, ctx),
});
