// Running sum along an axis, from either end, with or without the element itself.
import { dtypes } from '../tensor/dtype.js';
import { normalizeAxis } from '../tensor/shape.js';
import { scalarOf } from '../tensor/tensor.js';
import { defineOp, inputValue, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import {
  type Element,
  elementsOf,
  floatTypes,
  fromElements,
  indexTypes,
  typedInput,
} from './shared/elements.js';
import { linesOf } from './shared/lines.js';

export const cumSum = defineOp({
  op: 'CumSum',
  domain: '',
  since: 11,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { exclusive: { type: 'int', default: 0 }, reverse: { type: 'int', default: 0 } },
  infer: (ctx) => {
    typedInput(ctx, 1, indexTypes);
    return [typedInput(ctx, 0, [...floatTypes, 'int32', 'int64', 'uint32', 'uint64'])];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const axis = normalizeAxis(scalarOf(inputValue(ctx, 1), ctx.where), x.dims.length, ctx.where);
    const exclusive = intAttr(ctx.node, 'exclusive', 0) === 1;
    const reverse = intAttr(ctx.node, 'reverse', 0) === 1;
    const { starts, length, stride } = linesOf(x.dims, axis);
    const values = elementsOf(x);
    const y = new Array<Element>(values.length);
    const integer = dtypes[x.dtype].integer;
    for (const start of starts) {
      let sum: Element = integer ? 0n : 0;
      for (let i = 0; i < length; i++) {
        const at = start + (reverse ? length - 1 - i : i) * stride;
        const next: Element = integer
          ? (sum as bigint) + BigInt(values[at]!)
          : (sum as number) + (values[at] as number);
        y[at] = exclusive ? sum : next;
        sum = next;
      }
    }
    return [fromElements(x.dtype, x.dims, y)];
  },
  gradient: notDifferentiable('networks that are trained here do not contain it'),
  cost: noMacs,
  quantize: staysFloat('sums outgrow the scale of what is summed'),
  lower: 'host',
});
