// BATCH_MATMUL with either operand transposed.
import { f32 } from '../../../lib/tensor/tensor.js';
import { floats, runTflite } from '../../helpers/run-tflite.js';
import type { Option } from '../../helpers/tflite-file.js';

const yes: Option = (builder, slot) => builder.addFieldInt8(slot, 1, 0);

test.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('BATCH_MATMUL, transposed: %s, %s', (first, second) => {
  const [m, k, n, batch] = [3, 4, 5, 2];
  const aDims = [batch, ...(first ? [k, m] : [m, k])];
  const bDims = [batch, ...(second ? [n, k] : [k, n])];
  const [a, b] = [floats(aDims, 1), floats(bDims, 2)];
  const options: Record<number, Option> = {};
  if (first) options[0] = yes;
  if (second) options[1] = yes;
  const file = {
    inputs: ['a', 'b'],
    outputs: ['y'],
    tensors: { a: { dims: aDims }, b: { dims: bDims }, y: { dims: [batch, m, n] } },
    operators: [{ kind: 'BATCH_MATMUL', inputs: ['a', 'b'], outputs: ['y'], options }],
  };
  const [y] = runTflite(file, { a: f32(aDims, a), b: f32(bDims, b) });
  const at = (g: number, i: number, p: number): number => a[g * m * k + (first ? p * m + i : i * k + p)];
  const bt = (g: number, p: number, j: number): number => b[g * n * k + (second ? j * k + p : p * n + j)];
  y.forEach((v, index) => {
    const [g, i, j] = [Math.floor(index / (m * n)), Math.floor(index / n) % m, index % n];
    let sum = 0;
    for (let p = 0; p < k; p++) sum += at(g, i, p) * bt(g, p, j);
    expect(v).toBeCloseTo(sum, 5);
  });
});
