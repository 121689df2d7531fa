// Sets of samples that differ in anything have different fingerprints; the same set has the same one, whoever holds it.
import { Tensor } from 'onnxruntime-common';
import { SamplesFingerprint } from '../../lib/data/samples-fingerprint.js';

const sample = (values: readonly number[], label?: number, name = 'x', dims: readonly number[] = [1, 2]) => ({
  feeds: { [name]: new Tensor('float32', values, dims) },
  ...(label !== undefined && { label }),
});
const of = (...samples: readonly ReturnType<typeof sample>[]): string => {
  const fingerprint = new SamplesFingerprint();
  for (const one of samples) fingerprint.add(one);
  return fingerprint.digest();
};

test('values, labels, names, shapes, order and number tell sets apart', () => {
  const one = sample([1, 2], 3);
  const two = sample([5, 6], 3);
  const all = [
    of(one, two),
    of(two, one),
    of(one),
    of(),
    of(sample([1, 2], 4), two),
    of(sample([1, 2]), two),
    of(sample([1, 2], 3, 'y'), two),
    of(sample([1, 2], 3, 'x', [2, 1]), two),
    of(sample([1, 2.5], 3), two),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(of(sample([1, 2], 3), sample([5, 6], 3))).toBe(all[0]);
  expect(all[0]).toMatch(/^[0-9a-f]{16}$/);
});
