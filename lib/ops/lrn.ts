// LRN: every element divided by a power of the squares around it across channels.
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  floatAttr,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
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
  infer: (ctx) => {
    const type = inputType(ctx, 0);
    checkType(type.dtype, floatTypes, 'an input', ctx.where);
    checkRank(type.dims, 2, 'an input', ctx.where);
    const size = intAttr(ctx.node, 'size');
    if (size < 1) illegalAttribute('a positive size', ctx.where, size);
    return [type];
  },
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
});
