// Largest value over axes.

import { leastInteger } from '../tensor/integers.js';
import { extremePart } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp, reduceTypes } from './shared/reduce.js';

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

export const reduceMax = reduceOp({
  op: 'ReduceMax',
  since: 1,
  types: [...reduceTypes, 'uint8', 'int8', 'bool'],
  float: (values) => values.reduce((a, b) => Math.max(a, b), -Infinity),
  integer: (values, dtype) => values.reduce(larger, values[0] ?? leastInteger(dtype)),
  native: 'max',
  gradient: extremePart,
  quantize: staysFloat('its native form takes floats'),
});
