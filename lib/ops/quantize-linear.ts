// QuantizeLinear: saturate(roundHalfEven(x / scale) + zero_point).
import { defineOp, noMacs, notDifferentiable, staysFloat } from './op.js';
import {
  inferQuantize,
  lowerQuantize,
  quantizeAttributes,
  referenceQuantize,
} from './shared/linear-quantization.js';

export const quantizeLinear = defineOp({
  op: 'QuantizeLinear',
  domain: '',
  since: 10,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: quantizeAttributes,
  infer: inferQuantize,
  reference: referenceQuantize,
  gradient: notDifferentiable(
    'it computes with integers; finetune trains such models with the option quantize',
  ),
  cost: noMacs,
  quantize: staysFloat('it is the border between float and integer'),
  lower: lowerQuantize,
});
