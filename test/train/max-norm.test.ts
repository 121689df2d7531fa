// Max-norm against a plain computation, along the axis that the operator's outputs have.
import { GraphBuilder } from '../../lib/graph/builder.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { limitNorms, outputAxis } from '../../lib/train/max-norm.js';
import { randomFor } from '../../lib/train/seeds.js';

test.each([
  [[4, 3], 0],
  [[4, 3], 1],
  [[5, 2, 3, 3], 0],
  [[5, 2, 3, 3], 1],
  [[1, 1], 0],
  [[0, 3], 0],
])('%j along axis %d', (dims, axis) => {
  const random = randomFor(1, 'weights');
  const size = dims.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: size }, () => 2 * random() - 1);
  const indexOf = (i: number): number =>
    Math.floor(i / dims.slice(axis + 1).reduce((a, b) => a * b, 1)) % dims[axis]!;
  const norm = (of: Float32Array, index: number): number =>
    Math.sqrt(of.reduce((sum, v, i) => sum + (indexOf(i) === index ? v * v : 0), 0));
  const most = 0.9;
  const limited = values.slice();
  const changed = limitNorms(limited, dims, axis, most);
  const norms = Array.from({ length: dims[axis]! }, (_, index) => norm(values, index));
  expect(changed).toBe(norms.some((one) => one > most));
  limited.forEach((value, i) => {
    const factor = Math.min(1, most / norms[indexOf(i)]!);
    expect(value).toBeCloseTo(values[i]! * factor, 6);
  });
  for (const index of norms.keys()) expect(norm(limited, index)).toBeLessThan(most * (1 + 1e-6));
});

test('the axis of outputs: of convolutions the first, of products the one that is not summed over', () => {
  const g = new GraphBuilder('net');
  const x = g.input('x', 'float32', ['N', 2, 4, 4]);
  const constant = (name: string, dims: number[]): string =>
    g.constant(name, f32(dims, new Float32Array(dims.reduce((a, b) => a * b, 1))));
  const [conv] = g.node('Conv', [x, constant('conv', [3, 2, 1, 1])], {});
  const [flat] = g.node('Flatten', [conv!], {});
  const [halved] = g.node('Mul', [constant('scaled', [48, 5]), constant('half', [1, 1])], {});
  const [product] = g.node('MatMul', [flat!, halved!], {});
  const transposed = { transB: { type: 'int', value: 1 } } as const;
  const [dense] = g.node('Gemm', [product!, constant('dense', [7, 5])], transposed);
  const [out] = g.node('Add', [dense!, constant('other', [1, 7])], {});
  g.output(out!, 'float32', ['N', 7]);
  const graph = g.build();
  expect(['conv', 'scaled', 'dense', 'other'].map((name) => outputAxis(graph, name))).toEqual([0, 1, 0, 0]);
});
