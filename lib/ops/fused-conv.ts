// FusedConv (ai.kompakt): Conv, then a residual (input Z) and an activation. The residual broadcasts as in any sum: passes that
// fuse it do not know all sizes. Where the plan finds that it does, it is a sum of its own again.
import { attr } from '../graph/attribute.js';
import type { Graph } from '../graph/graph.js';
import { sameDims } from '../tensor/shape.js';
import { defineOp, type InferContext, inputType, notDifferentiable } from './op.js';
import { activationAttributes, activationOf } from './shared/activation.js';
import { Body } from './shared/body.js';
import {
  costFloatConv,
  type FloatConv,
  inferFloatConv,
  lowerFloatConv,
  RESIDUAL,
  referenceFloatConv,
} from './shared/conv-float.js';
import { convAttributes, convGeometry } from './shared/conv-geometry.js';
import { convRule } from './shared/conv-rule.js';
import { outputDims } from './shared/convolution.js';

const form: FloatConv = { geometry: convGeometry, activation: activationOf, broadcasts: true };

/** Convolution, sum and activation on their own, where the step cannot add the residual: the shapes differ. */
function separateSum(ctx: InferContext): Graph | undefined {
  const { node, where } = ctx;
  const residual = ctx.inputs[RESIDUAL];
  const dims = outputDims(convGeometry(node, where, inputType(ctx, 0).dims, inputType(ctx, 1).dims));
  if (residual === undefined || sameDims(residual.dims, dims)) return undefined;
  const { activation, alpha, beta } = activationOf(node);
  const body = new Body(ctx);
  const plain = { ...node.attributes, activation: attr.string('none') };
  const sum = body.add(
    body.one(node.op, node.inputs.slice(0, RESIDUAL), plain, node.domain),
    body.input(RESIDUAL),
  );
  if (activation === 'none') return body.finish([sum]);
  const tail = { activation: attr.string(activation), alpha: attr.float(alpha), beta: attr.float(beta) };
  return body.finish([body.one('Unary', [sum], tail, 'ai.kompakt')]);
}

export const fusedConv = defineOp({
  op: 'FusedConv',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 4],
  outputs: [1, 1],
  attributes: { ...convAttributes, ...activationAttributes },
  infer: (ctx) => inferFloatConv(form, ctx),
  reference: (ctx) => referenceFloatConv(form, ctx),
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => costFloatConv(form, ctx),
  quantize: convRule(activationOf),
  lower: (ctx) => lowerFloatConv(form, ctx),
  inline: separateSum,
});
