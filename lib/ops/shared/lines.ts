// A tensor seen as lines along one axis: what TopK, ArgMax, CumSum and the like walk along.
import { type Dims, sizeOf } from '../../tensor/shape.js';

export interface Lines {
  readonly outer: number;
  readonly length: number;
  /** Elements between neighbours of a line. */
  readonly stride: number;
  /** Offset of the first element of every line, in row-major order of the other axes. */
  readonly starts: readonly number[];
}

export function linesOf(dims: Dims, axis: number): Lines {
  const outer = sizeOf(dims.slice(0, axis));
  const length = dims[axis]!;
  const stride = sizeOf(dims.slice(axis + 1));
  const starts = Array.from(
    { length: outer * stride },
    (_, i) => Math.floor(i / stride) * length * stride + (i % stride),
  );
  return { outer, length, stride, starts };
}
