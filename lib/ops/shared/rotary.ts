// Rotary position embedding: pairs of elements of each head are turned by an angle that grows with the position.
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';

export interface Rotation {
  /** Elements that are turned, from the start of each head. */
  readonly width: number;
  /** Pairs are neighbours; else element i goes with i + width / 2. */
  readonly interleaved: boolean;
}

/** x [batch, heads, length, size] turned by the angles of row at(b, s) of the caches [rows, width / 2]. */
export function rotate(
  x: Float64Array,
  [batch, heads, length, size]: readonly [number, number, number, number],
  cos: TensorValue,
  sin: TensorValue,
  at: (b: number, s: number) => number,
  { width, interleaved }: Rotation,
): Float64Array {
  const [c, n] = [toNumbers(cos), toNumbers(sin)];
  const half = width / 2;
  const y = x.slice();
  for (let row = 0; row < batch * heads * length; row++) {
    const angles = at(Math.floor(row / (heads * length)), row % length) * half;
    for (let i = 0; i < half; i++) {
      const first = row * size + (interleaved ? 2 * i : i);
      const second = first + (interleaved ? 1 : half);
      const [a, b] = [x[first], x[second]];
      y[first] = c[angles + i] * a - n[angles + i] * b;
      y[second] = n[angles + i] * a + c[angles + i] * b;
    }
  }
  return y;
}
