// Inverts the bits of integers.
import { defineOp, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { elementsOf, fromElements, integerTypes, typedInput } from './shared/elements.js';

export const bitwiseNot = defineOp({
  op: 'BitwiseNot',
  domain: '',
  since: 18,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => [typedInput(ctx, 0, integerTypes)],
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    return [
      fromElements(
        x.dtype,
        x.dims,
        Array.from(elementsOf(x), (v) => ~BigInt(v)),
      ),
    ];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('bits are not quantised numbers'),
  lower: 'host',
});
