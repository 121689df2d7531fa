// Gradients of arithmetic where one factor is 0 and the other is not finite.
import { GraphWriter } from '../../../lib/graph/writer.js';
import { differentiate } from '../../../lib/run/differentiate.js';
import { runReference } from '../../../lib/run/reference.js';
import { f32, type TensorValue, toNumbers } from '../../../lib/tensor/tensor.js';

test('Pow of 0, and to the power of 0, as in PyTorch', () => {
  const writer = new GraphWriter();
  const type = { dtype: 'float32', dims: [5] } as const;
  const inputs = ['a', 'b'].map((name) => writer.input(name, type));
  const [y] = writer.add('Pow', inputs);
  const [loss] = writer.add('ReduceSum', [y!], { keepdims: { type: 'int', value: 0 } });
  const graph = differentiate(writer.graph([]), loss!, inputs);
  const feeds = new Map<string, TensorValue>([
    ['a', f32([5], [0, 0, 0, 3, -2])],
    ['b', f32([5], [0, 1, 2, 0, 3])],
  ]);
  const [a, b] = [...runReference(graph, feeds).values()].map((value) => [...toNumbers(value)]);
  expect(a).toEqual([0, 1, 0, 0, 12]);
  expect(b!.slice(0, 3)).toEqual([0, 0, 0]);
  expect(b![3]).toBeCloseTo(Math.log(3));
  expect(b![4]).toBeNaN();
});
