// Fingerprints of samples: whatever is learnt from changes them, and reading again does not.
import { SamplesFingerprint } from '../../lib/data/samples-fingerprint.js';
import { f32, i64 } from '../../lib/tensor/tensor.js';
import type { TrainingSample } from '../../lib/train/training-data.js';
import { counted } from '../helpers/softmax-regression.js';

const sample = (value: number, rest: Partial<TrainingSample> = {}): TrainingSample => ({
  name: 'a',
  inputs: new Map([['x', f32([1, 2], [value, 1])]]),
  ...rest,
});
const of = (...samples: readonly TrainingSample[]): string => {
  const fingerprint = new SamplesFingerprint();
  for (const one of samples) fingerprint.add(one);
  return fingerprint.digest();
};

test('inputs, labels, targets and their order count; names of samples do not', () => {
  const sets = [
    [],
    [sample(1)],
    [sample(2)],
    [sample(1, { label: 0 })],
    [sample(1, { label: 1 })],
    [sample(1, { targets: new Map([['x', f32([1, 2], [1, 1])]]) })],
    [sample(1, { targets: new Map([['x', i64([1])]]) })],
    [sample(1), sample(2)],
    [sample(2), sample(1)],
    [sample(1, { inputs: new Map([['y', f32([1, 2], [1, 1])]]) })],
    [sample(1, { inputs: new Map([['x', f32([2, 1], [1, 1])]]) })],
  ];
  expect(new Set(sets.map((samples) => of(...samples))).size).toBe(sets.length);
  expect(of(sample(1, { name: 'b' }))).toBe(of(sample(1)));
  expect(of()).toMatch(/^[0-9a-f]{16}$/);
});

test('samples are added when they are read first', async () => {
  const fingerprint = new SamplesFingerprint();
  const samples = fingerprint.over(counted([sample(1), sample(2)]));
  for (let pass = 0; pass < 2; pass++) {
    const seen = [];
    for await (const one of samples) seen.push(one);
    expect(seen).toHaveLength(2);
    expect(fingerprint.digest()).toBe(of(sample(1), sample(2)));
  }
});
