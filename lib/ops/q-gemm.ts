// QGemm (com.microsoft): Gemm of 8-bit matrices with int32 bias and 8-bit or float output. In our graphs A may have
// leading dims, and attributes lo and hi clamp the output in its own type.
import type { Node } from '../graph/graph.js';
import { defineOp, floatAttr, intAttr, notDifferentiable, staysFloat } from './op.js';
import { costOf } from './shared/cost.js';
import { checkType } from './shared/illegal.js';
import {
  type IntegerProduct,
  integerProductShape,
  lowerIntegerProduct,
  referenceIntegerProduct,
} from './shared/integer-product.js';
import { productMacs } from './shared/product.js';
import { byteInput, byteType, checkScalarParams } from './shared/quantized.js';

const form = (node: Node): IntegerProduct => ({
  a: 0,
  b: 3,
  bias: 6,
  y: 7,
  transA: intAttr(node, 'transA', 0) !== 0,
  transB: intAttr(node, 'transB', 0) !== 0,
  factor: floatAttr(node, 'alpha', 1),
  clamp: [
    'lo' in node.attributes ? intAttr(node, 'lo') : null,
    'hi' in node.attributes ? intAttr(node, 'hi') : null,
  ],
});

export const qGemm = defineOp({
  op: 'QGemm',
  domain: 'com.microsoft',
  since: 1,
  inputs: [6, 9],
  outputs: [1, 1],
  attributes: {
    alpha: { type: 'float', default: 1 },
    hi: { type: 'int', default: null },
    lo: { type: 'int', default: null },
    transA: { type: 'int', default: 0 },
    transB: { type: 'int', default: 0 },
  },
  infer: (ctx) => {
    byteInput(ctx, 0, 2, 'A');
    byteInput(ctx, 3, 5, 'B');
    checkScalarParams(ctx, 1, 'A');
    const c = ctx.inputs[6];
    if (c !== undefined) checkType(c.dtype, ['int32'], 'a C', ctx.where);
    const { dims } = integerProductShape(form(ctx.node), ctx);
    if (ctx.inputs[7] === undefined) return [{ dtype: 'float32', dims }];
    checkScalarParams(ctx, 7, 'y');
    return [{ dtype: byteType(ctx, 8, 'a y zero point'), dims }];
  },
  reference: (ctx) => [referenceIntegerProduct(form(ctx.node), ctx)],
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: (ctx) => costOf(productMacs(integerProductShape(form(ctx.node), ctx)), ctx),
  quantize: staysFloat('it is an integer operator already'),
  lower: (ctx) => lowerIntegerProduct(form(ctx.node), ctx),
});
