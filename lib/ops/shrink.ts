// x - bias above lambd, x + bias below -lambd, 0 between.
import { integerFrom } from '../tensor/integers.js';
import { floatAttr } from './op.js';
import { numberTypes } from './shared/elements.js';
import { unaryOp } from './shared/elementwise.js';

export const shrink = unaryOp({
  op: 'Shrink',
  since: 9,
  attributes: { bias: { type: 'float', default: 0 }, lambd: { type: 'float', default: 0.5 } },
  types: numberTypes,
  float: ({ node }) => {
    const bias = floatAttr(node, 'bias', 0);
    const lambd = floatAttr(node, 'lambd', 0.5);
    return (x) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0);
  },
  integer: ({ node }) => {
    const bias = floatAttr(node, 'bias', 0);
    const lambd = floatAttr(node, 'lambd', 0.5);
    const shrunk = (x: number): number => (x < -lambd ? x + bias : x > lambd ? x - bias : 0);
    return (x) => integerFrom(shrunk(Number(x)), 'int64');
  },
  native: ({ node }) => ({
    op: 'shrink',
    alpha: floatAttr(node, 'lambd', 0.5),
    beta: floatAttr(node, 'bias', 0),
  }),
});
