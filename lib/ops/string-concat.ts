// Joins strings element by element.
import { broadcastDims, broadcastStrides } from '../tensor/shape.js';
import { tensor } from '../tensor/tensor.js';
import { defineOp, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { stridedOffsets, typedInput } from './shared/elements.js';

export const stringConcat = defineOp({
  op: 'StringConcat',
  domain: '',
  since: 20,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    const [a, b] = [0, 1].map((i) => typedInput(ctx, i, ['string']).dims);
    return [{ dtype: 'string', dims: broadcastDims([a, b], ctx.where) }];
  },
  reference: (ctx) => {
    const [a, b] = [0, 1].map((i) => inputValue(ctx, i));
    const dims = broadcastDims([a.dims, b.dims], ctx.where);
    const [atA, atB] = [a, b].map((t) => stridedOffsets(dims, broadcastStrides(t.dims, dims)));
    return [
      tensor(
        'string',
        dims,
        Array.from(atA, (at, i) => `${a.data[at]}${b.data[atB[i]]}`),
      ),
    ];
  },
  gradient: notDifferentiable('strings have no gradient'),
  cost: noMacs,
  quantize: staysFloat('strings have no scale'),
  lower: 'host',
});
