// Cost of operators with weights.
import { dtypes } from '../../tensor/dtype.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Cost, InferContext } from '../op.js';

/** `macs`, and the bytes of all constant inputs as they are stored in a file. */
export function costOf(macs: number, ctx: InferContext): Cost {
  let weightBytes = 0;
  ctx.inputs.forEach((type, i) => {
    if (type !== undefined && ctx.value(i) !== undefined)
      weightBytes += Math.ceil((sizeOf(type.dims) * dtypes[type.dtype].bits) / 8);
  });
  return { macs, weightBytes };
}
