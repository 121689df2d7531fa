// Poolings over all spatial axes, as a function of the elements of one channel.
import { sizeOf } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { inputType, inputValue, type LowerContext, type ReferenceContext } from '../op.js';
import type { ReduceKind } from '../steps.js';
import { splitSpatial } from './physical-axis.js';

export function referenceGlobalPool(
  ctx: ReferenceContext,
  pool: (channel: Float64Array) => number,
): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const values = toNumbers(x);
  const area = sizeOf(x.dims.slice(2));
  const channels = sizeOf(x.dims.slice(0, 2));
  const y = Float64Array.from({ length: channels }, (_, c) =>
    pool(values.subarray(c * area, (c + 1) * area)),
  );
  const dims = x.dims.map((d, i) => (i < 2 ? d : 1));
  return [fromNumbers(x.dtype, dims, y)];
}

/** One reduction of a float32 input in the layout that it has. */
export function lowerGlobalPool(ctx: LowerContext, op: ReduceKind): boolean {
  if (inputType(ctx, 0).dtype !== 'float32') return false;
  const layout = ctx.layoutOf(0);
  const x = ctx.read(0, layout);
  const dims = splitSpatial(x);
  const y = ctx.reshape(ctx.write(0, layout), [dims[0], dims[2]]);
  ctx.emit('reduce_f32', [ctx.reshape(x, dims)], [y], { op, dims });
  return true;
}
