// What is looked at of a tensor: numbers of float16, whichever array JavaScript has for them.
import { Tensor } from 'onnxruntime-common';
import { Features } from '../../../lib/monitor/drift/features.js';
import { fromNumbers } from '../../../lib/tensor/tensor.js';

const values = [0.5, -2, 3.5, 1];
const bits = fromNumbers('float16', [1, 4], values).data as Uint16Array;
const tensor = new Tensor('float16', bits, [1, 4]);

// Of Node 24 on the first holds a Float16Array, whose elements are numbers already.
test.each([
  ['a Tensor', tensor],
  ['bits', { type: 'float16', dims: [1, 4], data: bits } as unknown as Tensor],
])('float16 in %s', (_, given) => {
  const features = new Features();
  expect(features.read(given, 0, { low: -1, high: 3 }, 0)).toBe(true);
  expect([...features.elements.subarray(0, features.count)]).toEqual(values);
  expect(features).toMatchObject({ mean: 0.75, outside: 2, notFinite: 0, top: 2 });
  expect(features.confidence).toBeCloseTo(
    Math.exp(3.5) / values.reduce((sum, v) => sum + Math.exp(v), 0),
    10,
  );
});
