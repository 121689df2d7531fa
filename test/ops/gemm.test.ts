import { f32 } from '../../lib/tensor/tensor.js';
import { referenceOf } from '../helpers/one-node.js';

test('a C with more rows than the product is refused', () => {
  const zeros = (...dims: number[]) => f32(dims, new Float32Array(dims.reduce((a, b) => a * b, 1)));
  const inputs = [zeros(1, 3), zeros(3, 4), zeros(8, 4)];
  expect(() => referenceOf({ op: 'Gemm', inputs, attributes: {} })).toThrow(/broadcasts to \[1,4\]/);
});
