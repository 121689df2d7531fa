// Means of 8-bit integers over one run of axes: QLinearGlobalAveragePool and QReduceMean.

import { type Dims, sizeOf } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue } from '../../tensor/tensor.js';
import { type Buffer, inputValue, type LowerContext, type ReferenceContext } from '../op.js';
import { storedRange } from '../storage.js';
import { planParams, referenceParams } from './integer-unary.js';
import { centered, requantizeValue, saturate, storedZero } from './quantized.js';

/** The mean over the axes marked true. */
export function referenceMean(ctx: ReferenceContext, reduced: readonly boolean[], dims: Dims): TensorValue {
  const input = inputValue(ctx, 0);
  const { x, y } = referenceParams(ctx);
  const values = centered(input, x.zero);
  const sums = new Float64Array(sizeOf(dims));
  const count = sizeOf(input.dims.filter((_, i) => reduced[i]));
  for (let i = 0; i < values.length; i++) {
    let rest = i;
    let at = 0;
    let step = 1;
    for (let axis = input.dims.length - 1; axis >= 0; axis--) {
      if (!reduced[axis]) {
        at += (rest % input.dims[axis]) * step;
        step *= input.dims[axis];
      }
      rest = Math.floor(rest / input.dims[axis]);
    }
    sums[at] += values[i];
  }
  const scale = Math.fround(Math.fround(x.scale / y.scale) / count);
  const out = sums.map((sum) => saturate(requantizeValue(sum, scale, y.zero), y.dtype));
  return fromNumbers(y.dtype, dims, out);
}

/** Most bytes less a zero point whose sum the steps keep in 32 bits. */
export const maxSummed = Math.floor((2 ** 31 - 1) / 255);

/** reduce_mean_u8 of a buffer seen as [outer, reduced, inner]; false when scales are not known yet or sums too long. */
export function lowerMean(
  ctx: LowerContext,
  x: Buffer,
  dims: readonly [number, number, number],
  layout: Buffer['layout'],
): boolean {
  const params = planParams(ctx);
  if (params === undefined || dims[1] > maxSummed) return false;
  const [lo, hi] = storedRange;
  const y = ctx.reshape(ctx.write(0, layout), [dims[0], dims[2]]);
  ctx.emit('reduce_mean_u8', [ctx.reshape(x, dims)], [y], {
    dims,
    xZero: storedZero(params.x),
    factor: Math.fround(params.x.scale / params.y.scale),
    yZero: storedZero(params.y),
    lo,
    hi,
  });
  return true;
}
