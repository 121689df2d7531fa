import { f32 } from '../../lib/tensor/tensor.js';
import { referenceOf } from '../helpers/one-node.js';

test('a slope that would make x larger is refused', () => {
  const inputs = [f32([1], [-1]), f32([5], [1, 2, 3, 4, 5])];
  expect(() => referenceOf({ op: 'PRelu', inputs, attributes: {} })).toThrow(/broadcasts to \[1\]/);
});
