import { attr } from '../../lib/graph/attribute.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { expectNativeBytes } from '../helpers/native-like-reference.js';
import { referenceOf } from '../helpers/one-node.js';

test('NaN is passed over, in the engine too', () => {
  const x = f32([1, 1, 1, 6], [Number.NaN, 1, 2, Number.NaN, Number.NaN, Number.NaN]);
  const attributes = { kernel_shape: attr.ints([1, 2]), strides: attr.ints([1, 2]) };
  const one = { op: 'MaxPool', inputs: [x], attributes };
  expect([...(referenceOf(one)[0]!.data as Float32Array)]).toEqual([1, 2, Number.NEGATIVE_INFINITY]);
  expectNativeBytes(one);
});
