// What is looked at of a tensor: numbers of float16, whichever array JavaScript has for them; classes and confidences.
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

const read = (row: number | null, dims: readonly number[], scores: readonly number[]): Features => {
  const features = new Features();
  features.read(new Tensor('float32', Float32Array.from(scores), dims), row, null, 0);
  return features;
};

test('a file with a batch of 1 has classes, one with a fixed batch of more has none', () => {
  expect(read(null, [1, 3], [0.1, 0.7, 0.2])).toMatchObject({ classes: 3, top: 1 });
  expect(read(null, [2, 3], [0.1, 0.7, 0.2, 1, 0, 0])).toMatchObject({ classes: 0, top: -1 });
  expect(read(null, [3], [0.1, 0.7, 0.2]).classes).toBe(0);
});

test('shares that were rounded to 8 bits are shares', () => {
  const shares = [0.9, ...Array.from({ length: 20 }, (_, i) => i * (0.1 / 190))];
  for (const step of [1 / 256, 1 / 255, 1 / 127]) {
    const rounded = shares.map((share) => Math.round(share / step) * step);
    expect(read(0, [1, 21], rounded).confidence).toBeCloseTo(rounded[0]!, 6);
  }
  // 1000 classes, of which all but one are rounded to 0.
  expect(read(0, [1, 1000], [0.5, ...new Array(999).fill(0)]).confidence).toBe(0.5);
  // Logits, if small ones.
  expect(read(0, [1, 2], [0.9, 0.4]).confidence).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 6);
  expect(read(0, [1, 2], [3, -2]).confidence).toBeCloseTo(1 / (1 + Math.exp(-5)), 6);
});
