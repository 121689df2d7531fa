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
    return (x) => (x < -lambd ? difference(x, -bias) : x > lambd ? difference(x, bias) : 0n);
  },
  native: ({ node }) => ({
    op: 'shrink',
    alpha: floatAttr(node, 'lambd', 0.5),
    beta: floatAttr(node, 'bias', 0),
  }),
});

/** x - y without its fraction, which doubles do not hold for all x; infinite y are as far off as 64 bits reach. */
function difference(x: bigint, y: number): bigint {
  if (!Number.isFinite(y)) return integerFrom(-y, 'int64');
  const whole = x - BigInt(Math.floor(y));
  return Number.isInteger(y) || whole <= 0n ? whole : whole - 1n;
}
