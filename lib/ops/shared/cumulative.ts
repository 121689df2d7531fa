// Running sums and products along an axis, from either end, with or without the element itself.
import { type DType, dtypes } from '../../tensor/dtype.js';
import { normalizeAxis } from '../../tensor/shape.js';
import { scalarOf } from '../../tensor/tensor.js';
import { defineOp, inputValue, intAttr, noMacs, notDifferentiable, type OpDef, staysFloat } from '../op.js';
import { type Element, elementsOf, floatTypes, fromElements, indexTypes, typedInput } from './elements.js';
import { readPlain } from './layout.js';
import { linesOf } from './lines.js';
import { splitDims } from './physical-axis.js';

export interface Cumulative {
  readonly op: string;
  readonly since: number;
  readonly why: string;
  /** What an empty run amounts to, 0 or 1. */
  readonly neutral: 0 | 1;
  readonly integers: (a: bigint, b: bigint) => bigint;
  readonly floats: (a: number, b: number) => number;
}

export const cumulativeOp = ({ op, since, why, neutral, integers, floats }: Cumulative): OpDef =>
  defineOp({
    op,
    domain: '',
    since,
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
        let total: Element = integer ? BigInt(neutral) : neutral;
        for (let i = 0; i < length; i++) {
          const at = start + (reverse ? length - 1 - i : i) * stride;
          const next: Element = integer
            ? integers(total as bigint, BigInt(values[at]!))
            : floats(total as number, values[at] as number);
          y[at] = exclusive ? total : next;
          total = next;
        }
      }
      return [fromElements(x.dtype, x.dims, y)];
    },
    gradient: notDifferentiable('no rule has been written for it'),
    cost: noMacs,
    quantize: staysFloat(why),
    lower: (ctx) => {
      const { dtype, dims } = ctx.inputs[0]!;
      const at = ctx.value(1);
      if (!native.includes(dtype) || at === undefined) return false;
      const axis = normalizeAxis(scalarOf(at, ctx.where), dims.length, ctx.where);
      ctx.emit('cumulate', [readPlain(ctx, 0)], [ctx.write(0, 'plain')], {
        op: neutral === 0 ? 'sum' : 'prod',
        dims: splitDims(dims, axis),
        exclusive: Number(intAttr(ctx.node, 'exclusive', 0) === 1),
        reverse: Number(intAttr(ctx.node, 'reverse', 0) === 1),
      });
      return true;
    },
  });

/** Of the low bits of integers it does not matter how the highest one is read. */
const native: readonly DType[] = ['float32', 'int32', 'int64', 'uint32', 'uint64'];
