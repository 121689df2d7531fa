// Softened probabilities: by hand, for logits and for probabilities, and the mean of several teachers.
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { soften } from '../../../lib/train/distill/soften.js';

const softmax = (row: readonly number[], temperature: number) => {
  const powers = row.map((v) => Math.exp(v / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((v) => v / sum);
};
const logits = (dims: readonly number[], values: readonly number[]) => ({
  values: f32(dims, values),
  probabilities: false,
});
const probabilities = (dims: readonly number[], values: readonly number[]) => ({
  values: f32(dims, values),
  probabilities: true,
});
const rows = [
  [1, 2, 3],
  [-4, 0, 400],
];

test.each([1, 4])('temperature %d', (temperature) => {
  const soft = toNumbers(soften([logits([2, 3], rows.flat())], temperature));
  const expected = [...softmax(rows[0]!, temperature), 0, 0, 1];
  for (let i = 0; i < 6; i++) expect(soft[i]).toBeCloseTo(expected[i]!, 6);
});

test('a teacher that answers with probabilities counts as one that answers with logits', () => {
  const from = toNumbers(soften([logits([1, 3], rows[0]!)], 4));
  // In steps of 1/256 a row has no sum of 1.
  for (const factor of [1, 1.02]) {
    const row = softmax(rows[0]!, 1).map((v) => v * factor);
    const soft = toNumbers(soften([probabilities([1, 3], row)], 4));
    for (let i = 0; i < 3; i++) expect(soft[i]).toBeCloseTo(from[i]!, 6);
  }
});

test('logits that happen to have the sum of 1 are logits', () => {
  const soft = toNumbers(soften([logits([1, 2], [0.9, 0.1])], 1));
  expect(soft[0]).toBeCloseTo(softmax([0.9, 0.1], 1)[0]!, 6);
});

test('several teachers: the mean of their probabilities', () => {
  const soft = toNumbers(soften([logits([1, 2], [0, 0]), logits([1, 2], [100, 0])], 1));
  expect([...soft]).toEqual([0.75, 0.25]);
});

test('teachers with other classes are refused', () => {
  expect(() => soften([logits([1, 2], [0, 0]), logits([1, 3], [1, 0, 0])], 1)).toThrow(
    expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
  );
});
