// DequantizeLinear: (x - zero_point) * scale.
import { defineOp, noMacs, notDifferentiable, staysFloat } from './op.js';
import {
  dequantizeAttributes,
  inferDequantize,
  lowerDequantize,
  referenceDequantize,
} from './shared/linear-quantization.js';

export const dequantizeLinear = defineOp({
  op: 'DequantizeLinear',
  domain: '',
  since: 10,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: dequantizeAttributes,
  infer: inferDequantize,
  reference: referenceDequantize,
  gradient: notDifferentiable(
    'it computes with integers; finetune trains such models with the option quantize',
  ),
  cost: noMacs,
  quantize: staysFloat('it is the border between float and integer'),
  lower: lowerDequantize,
});
