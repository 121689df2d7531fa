// DequantizeLinear (com.microsoft): (x - zero_point) * scale.
import { defineOp, noMacs, notDifferentiable, staysFloat } from './op.js';
import {
  dequantizeAttributes,
  inferDequantize,
  lowerDequantize,
  referenceDequantize,
} from './shared/linear-quantization.js';

export const microsoftDequantizeLinear = defineOp({
  op: 'DequantizeLinear',
  domain: 'com.microsoft',
  since: 1,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: dequantizeAttributes,
  infer: inferDequantize,
  reference: referenceDequantize,
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('it is the border between float and integer'),
  lower: lowerDequantize,
});
