// What the engine makes of a constant whose matrices a step wants transposed.
import type { Matrices } from '../../lib/ops/op.js';
import { allocate, type TensorValue, tensor } from '../../lib/tensor/tensor.js';

export function transposed(value: TensorValue, order: Matrices | undefined): TensorValue {
  if (order === undefined) return value;
  const { rows, columns } = order;
  const source = value.data as Float32Array;
  const data = allocate(value.dtype, value.dims) as Float32Array;
  for (let at = 0; at < source.length; at++) {
    const within = at % (rows * columns);
    data[at - within + (within % columns) * rows + Math.floor(within / columns)] = source[at]!;
  }
  return tensor(value.dtype, value.dims, data);
}
