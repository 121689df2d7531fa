// What FakeQuantize and its gradient share: which scale belongs to which element, and the two formulas. Low and high are
// the bounds of the integers as distances from the zero point, so that the zero point itself is needed nowhere: it is an
// integer, and cancels out.
import { normalizeAxis, sizeOf } from '../../tensor/shape.js';
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type ReferenceContext,
  type TensorType,
} from '../op.js';
import { checkType, floatTypes, illegalAttribute, illegalShape } from './illegal.js';
import { splitDims } from './physical-axis.js';
import { roundHalfEven } from './rounding.js';

/** `axis` is that of the scales where there are several. */
export const fakeQuantizeAttributes: Readonly<Record<string, AttributeSpec>> = {
  low: { type: 'int' },
  high: { type: 'int' },
  axis: { type: 'int', default: 0 },
};

export type Split = readonly [outer: number, channels: number, inner: number];

type NodeContext = Pick<InferContext, 'node' | 'where'>;

/** [outer, channels, inner] of x; one channel where there is one scale. */
export function splitOf(ctx: NodeContext, { dims }: TensorType, scale: TensorType): Split {
  if (sizeOf(scale.dims) === 1) return [1, 1, sizeOf(dims)];
  const axis = normalizeAxis(intAttr(ctx.node, 'axis', 0), dims.length, ctx.where);
  if (scale.dims.length !== 1 || scale.dims[0] !== dims[axis])
    illegalShape(`${dims[axis]} scales along axis ${axis}`, ctx.where, scale.dims);
  return splitDims(dims, axis);
}

/** Types of the input `x` and of the scales behind it. */
export function checkFakeQuantize(ctx: InferContext, x: number): readonly [TensorType, TensorType] {
  const [value, scale] = [inputType(ctx, x), inputType(ctx, x + 1)];
  checkType(value.dtype, floatTypes, 'an input', ctx.where);
  checkType(scale.dtype, [value.dtype], 'a scale', ctx.where);
  splitOf(ctx, value, scale);
  const [low, high] = [intAttr(ctx.node, 'low'), intAttr(ctx.node, 'high')];
  // One of them is 0 where values are never negative, or never positive.
  if (low > 0 || high < 0 || low === high || low !== (low | 0) || high !== (high | 0))
    illegalAttribute('low <= 0 <= high, not both 0, of 32 bits', ctx.where, `${low}, ${high}`);
  const inner = intAttr(ctx.node, 'inner', 0);
  if (inner !== 0 && inner !== 1) illegalAttribute('inner 0 or 1', ctx.where, inner);
  return [value, scale];
}

/** One element as its formulas see it. */
export interface FakeQuantized {
  /** x / scale, rounded as the type of the tensor is. */
  readonly steps: number;
  readonly rounded: number;
  readonly scale: number;
  readonly channel: number;
}

/** Calls f(element, index) for all elements in order; input `x` is the value, the one behind it the scales. */
export function forEachElement(
  ctx: ReferenceContext,
  x: number,
  f: (element: FakeQuantized, index: number) => void,
): void {
  const [value, scale] = [inputValue(ctx, x), inputValue(ctx, x + 1)];
  const [outer, channels, inner] = splitOf(ctx, value, scale);
  const [values, scales] = [toNumbers(value), toNumbers(scale)];
  const divide = divisionOf(value);
  let index = 0;
  for (let o = 0; o < outer; o++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < inner; i++, index++) {
        const steps = divide(values[index]!, scales[c]!);
        // 0 for NaN, as QuantizeLinear has it.
        const rounded = Number.isNaN(steps) ? 0 : roundHalfEven(steps);
        f({ steps, rounded, scale: scales[c]!, channel: c }, index);
      }
}

const divisionOf = ({ dtype }: TensorValue): ((a: number, b: number) => number) =>
  dtype === 'float64' ? (a, b) => a / b : (a, b) => Math.fround(a / b);
