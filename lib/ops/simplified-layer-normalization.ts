// SimplifiedLayerNormalization: x over its root mean square; onnxruntime writes it into ai.onnx. Inputs: X, scale.
import { defineOp, inputType, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { illegalAttribute } from './shared/illegal.js';
import { inferRowNorm, lowerRowNorm, type RowNorm, referenceRowNorm } from './shared/skip-norm.js';

const norm: RowNorm = {
  skip: -1,
  scale: 1,
  shift: -1,
  bias: -1,
  simplified: true,
  epsilon: Math.fround(1e-5),
};

export const simplifiedLayerNormalization = defineOp({
  op: 'SimplifiedLayerNormalization',
  domain: '',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {
    axis: { type: 'int', default: -1 },
    epsilon: { type: 'float', default: norm.epsilon },
    stash_type: { type: 'int', default: 1 },
  },
  infer: (ctx) => {
    if (![-1, inputType(ctx, 0).dims.length - 1].includes(intAttr(ctx.node, 'axis', -1)))
      illegalAttribute('the last axis', ctx.where, intAttr(ctx.node, 'axis'));
    return inferRowNorm(norm, ctx);
  },
  reference: (ctx) => referenceRowNorm(norm, ctx),
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('means and deviations need more than 8 bits'),
  lower: (ctx) => lowerRowNorm(norm, ctx),
});
