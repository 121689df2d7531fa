// Concrete shapes: sizes, strides, broadcasting. Dimensions are non-negative integers; rank 0 is a scalar.
import { expected, KompaktError } from '../errors.js';

export type Dims = readonly number[];

/** Number of elements; 1 for rank 0. */
export function sizeOf(dims: Dims): number {
  let size = 1;
  // By index: asked of every tensor again and again, and an iterator makes an object a turn.
  for (let i = 0; i < dims.length; i++) size *= dims[i]!;
  return size;
}

/** Row-major strides in elements. */
export function stridesOf(dims: Dims): number[] {
  const strides = new Array<number>(dims.length);
  let step = 1;
  for (let i = dims.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= dims[i]!;
  }
  return strides;
}

export function sameDims(a: Dims, b: Dims): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Multidirectional broadcasting. Throws KPT_SHAPE_MISMATCH naming `where`. */
export function broadcastDims(shapes: readonly Dims[], where: string): number[] {
  const rank = shapes.reduce((most, shape) => Math.max(most, shape.length), 0);
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes)
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      const d = shape[i]!;
      if (d === 1 || d === out[at]) continue;
      if (out[at] !== 1)
        throw new KompaktError(
          'KPT_SHAPE_MISMATCH',
          expected('shapes that broadcast', where, shapes.map((s) => `[${s.join(',')}]`).join(' and ')),
        );
      out[at] = d;
    }
  return out;
}

/** Strides (elements) with which `dims` is read when broadcast to `out`: 0 where it repeats. */
export function broadcastStrides(dims: Dims, out: Dims): number[] {
  const own = stridesOf(dims);
  const shift = out.length - dims.length;
  return out.map((_, i) => (i < shift || dims[i - shift] === 1 ? 0 : own[i - shift]!));
}

/** Axis in 0..rank-1 (or 0..rank when `inclusive`) from one that may be negative. */
export function normalizeAxis(axis: number, rank: number, where: string, inclusive = false): number {
  const limit = inclusive ? rank + 1 : rank;
  const a = axis < 0 ? axis + limit : axis;
  if (!Number.isInteger(a) || a < 0 || a >= limit)
    throw new KompaktError(
      'KPT_ATTRIBUTE_INVALID',
      expected(`an axis in [${-limit},${limit - 1}]`, where, axis),
    );
  return a;
}
