// How matrix products take part in quantisation: with constant weights they become QGemm (whose A may have leading
// dims in our graphs), with two activations QLinearMatMul.
import type { Node } from '../../graph/graph.js';
import type { Dims } from '../../tensor/shape.js';
import type { IntegerContext, QuantizeRule } from '../op.js';
import type { FormOf } from './float-product.js';
import { vectorRows } from './product-rows.js';
import { linearPart } from './quantize-rule.js';
import {
  biasOf,
  clampAttributes,
  fitsIntegerForm,
  isPerTensor,
  operand,
  outputParams,
  productTail,
} from './weighted-rule.js';

function integerProduct(formOf: FormOf, ctx: IntegerContext): readonly Node[] | null {
  const form = formOf(ctx.node);
  const a = ctx.quantized(0);
  const b = ctx.quantized(1);
  const axis = (dims: Dims): number => channelAxis(form, dims);
  if (!fitsIntegerForm(ctx, a, b, axis) || a === undefined || b === undefined) return null;
  if (form.transA || form.factor !== 1) return null;
  const clamp = clampAttributes(form.activation, ctx.output);
  if (clamp === null) return null;
  const weights = ctx.constant(b.name);
  const operands = [...operand(ctx, a.name, a.params), ...operand(ctx, b.name, b.params)];
  const base = { name: ctx.node.name, outputs: [ctx.outputName] };
  const plain = Object.keys(clamp).length === 0 && (ctx.node.inputs[2] ?? '') === '' && !form.transB;
  if (weights === undefined || weights.dims.length !== 2) {
    if (!plain || ctx.output === undefined || !isPerTensor(b.params)) return null;
    const inputs = [...operands, ...outputParams(ctx)];
    return [{ ...base, op: 'QLinearMatMul', domain: '', inputs, attributes: {} }];
  }
  const channels = weights.dims[axis(weights.dims)];
  const c = ctx.constant(ctx.quantized(2)?.name ?? ctx.node.inputs[2] ?? '');
  if (c !== undefined && c.data.length !== (c.dims[c.dims.length - 1] ?? 1)) return null;
  const bias = biasOf(ctx, 2, a.params, b.params, channels, form.biasFactor);
  if (bias === null || ('added' in bias && Object.keys(clamp).length > 0)) return null;
  const tail = productTail(ctx, bias, 0);
  return [
    {
      ...base,
      op: 'QGemm',
      domain: 'com.microsoft',
      inputs: [...operands, tail.bias, ...tail.outputParams],
      outputs: [tail.output],
      attributes: { transB: { type: 'int', value: Number(form.transB) }, ...clamp },
    },
    ...tail.nodes,
  ];
}

/** The columns of B. */
const channelAxis = ({ transB }: { transB: boolean }, { length }: Dims): number =>
  transB ? length - 2 : length - 1;

export const productRule = (formOf: FormOf): QuantizeRule => ({
  kind: 'weighted',
  weight: 1,
  axis: ({ node, weightDims }) => channelAxis(formOf(node), weightDims),
  outputAxis: (rank) => rank - 1,
  bias: 2,
  linear: (node) => linearPart(node, formOf(node).factor, formOf(node).biasFactor),
  integer: (ctx) => integerProduct(formOf, ctx),
  rows: ({ node, x, weightDims }) => (formOf(node).transA || weightDims.length !== 2 ? null : vectorRows(x)),
});
