// QLinearReduceMean (com.microsoft): ReduceMean of 8-bit integers. Inputs: data, its scale and zero point, scale and
// zero point of the output.
import { defineOp } from './op.js';
import { qReduceMean } from './q-reduce-mean.js';

export const qLinearReduceMean = defineOp({
  ...qReduceMean,
  op: 'QLinearReduceMean',
  domain: 'com.microsoft',
  inputs: [4, 5],
  optional: [2],
});
