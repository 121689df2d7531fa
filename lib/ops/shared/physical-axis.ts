// Where logical axes are in memory.
import { type Dims, sizeOf } from '../../tensor/shape.js';
import type { Buffer } from '../op.js';

/** The physical axis of a logical one in this buffer. */
export function physicalAxis(buffer: Buffer, axis: number): number {
  if (buffer.layout === 'plain' || axis === 0) return axis;
  return axis === 1 ? buffer.dims.length - 1 : axis - 1;
}

/** [outer, size of axes first..last, inner] of dims. */
export const splitDims = (dims: Dims, first: number, last = first): readonly [number, number, number] => [
  sizeOf(dims.slice(0, first)),
  sizeOf(dims.slice(first, last + 1)),
  sizeOf(dims.slice(last + 1)),
];

/** [outer, spatial, inner] for reductions over all spatial axes of a buffer [N,C,spatial...], in either layout. */
export const splitSpatial = (buffer: Buffer): readonly [number, number, number] =>
  buffer.layout === 'plain'
    ? splitDims(buffer.dims, 2, buffer.dims.length - 1)
    : splitDims(buffer.dims, 1, buffer.dims.length - 2);
