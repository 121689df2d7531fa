// Smallest value over axes.

import { largestInteger } from '../tensor/integers.js';
import { extremePart } from './gradients/reduction.js';
import { staysFloat } from './op.js';
import { reduceOp, reduceTypes } from './shared/reduce.js';

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export const reduceMin = reduceOp({
  op: 'ReduceMin',
  since: 1,
  types: [...reduceTypes, 'uint8', 'int8', 'bool'],
  float: (values) => values.reduce((a, b) => Math.min(a, b), Infinity),
  integer: (values, dtype) => values.reduce(smaller, values[0] ?? largestInteger(dtype)),
  native: 'min',
  gradient: extremePart,
  quantize: staysFloat('its native form takes floats'),
});
