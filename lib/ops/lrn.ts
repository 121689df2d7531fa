// LRN: every element divided by a power of the squares around it across channels.
import { attr } from '../graph/attribute.js';
import type { Graph } from '../graph/graph.js';
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  floatAttr,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
  type TensorType,
} from './op.js';
import { Body } from './shared/body.js';
import { checkRank, checkType, floatTypes, illegalAttribute } from './shared/illegal.js';

const defaults = { alpha: Math.fround(0.0001), beta: 0.75, bias: 1 } as const;

export const lrn = defineOp({
  op: 'LRN',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {
    alpha: { type: 'float', default: defaults.alpha },
    beta: { type: 'float', default: defaults.beta },
    bias: { type: 'float', default: defaults.bias },
    size: { type: 'int' },
  },
  infer: (ctx) => [infer(ctx)],
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const size = intAttr(ctx.node, 'size');
    const alpha = floatAttr(ctx.node, 'alpha', defaults.alpha);
    const beta = floatAttr(ctx.node, 'beta', defaults.beta);
    const bias = floatAttr(ctx.node, 'bias', defaults.bias);
    const channels = x.dims[1];
    const area = sizeOf(x.dims.slice(2));
    const values = toNumbers(x);
    const y = values.map((v, i) => {
      const c = Math.floor(i / area) % channels;
      const first = Math.max(0, c - Math.floor((size - 1) / 2));
      const last = Math.min(channels - 1, c + Math.ceil((size - 1) / 2));
      let squares = 0;
      for (let other = first; other <= last; other++) squares += values[i + (other - c) * area] ** 2;
      return v / (bias + (alpha / size) * squares) ** beta;
    });
    return [fromNumbers(x.dtype, x.dims, y)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('its powers need more than 8 bits'),
  lower: 'host',
  inline: (ctx) => (infer(ctx).dtype === 'float32' ? body(ctx) : undefined),
});

function infer(ctx: InferContext): TensorType {
  const type = inputType(ctx, 0);
  checkType(type.dtype, floatTypes, 'an input', ctx.where);
  checkRank(type.dims, 2, 'an input', ctx.where);
  const size = intAttr(ctx.node, 'size');
  if (size < 1) illegalAttribute('a positive size', ctx.where, size);
  return type;
}

/** Means of squares across channels are those of a pooling along the one spatial axis of [N,area,C]: channels first, that is in
 *  memory how channels last are there, so no element moves. */
function body(ctx: InferContext): Graph {
  const b = new Body(ctx);
  const { dims } = inputType(ctx, 0);
  const size = intAttr(ctx.node, 'size');
  const x = b.reshape(b.input(0), [dims[0], dims[1], sizeOf(dims.slice(2))]);
  const pads = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const means = b.one('AveragePool', [b.transpose(b.square(x), [0, 2, 1])], {
    kernel_shape: attr.ints([size]),
    pads: attr.ints(pads),
    count_include_pad: attr.int(1),
  });
  const scaled = b.multiply(b.transpose(means, [0, 2, 1]), floatAttr(ctx.node, 'alpha', defaults.alpha));
  const sums = b.add(scaled, b.scalar(floatAttr(ctx.node, 'bias', defaults.bias)));
  const divisors = power(b, sums, floatAttr(ctx.node, 'beta', defaults.beta));
  return b.finish([b.reshape(b.one('Div', [x, divisors]), dims)]);
}

/** Roots take a thirtieth of the time of other powers; 0.75 is the exponent of AlexNet and GoogLeNet. */
function power(b: Body, x: string, exponent: number): string {
  const root = (of: string) => b.one('Sqrt', [of]);
  if (exponent === 0.5) return root(x);
  if (exponent === 0.75) return b.one('Mul', [root(x), root(root(x))]);
  return exponent === 1 ? x : b.one('Pow', [x, b.scalar(exponent)]);
}
