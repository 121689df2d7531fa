// A reference sees every value, so it can ask the same questions as inference with everything known.
import type { InferContext, ReferenceContext } from '../op.js';

export const knownContext = (ctx: ReferenceContext): InferContext => ({
  node: ctx.node,
  opset: ctx.opset,
  inputs: ctx.inputs,
  where: ctx.where,
  value: (i) => ctx.inputs[i],
});
