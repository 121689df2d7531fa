// Softened probabilities: by hand, for logits and for probabilities, and the mean of several teachers.
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { soften } from '../../../lib/train/distill/soften.js';

const softmax = (row: readonly number[], temperature: number) => {
  const powers = row.map((v) => Math.exp(v / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((v) => v / sum);
};
const rows = [
  [1, 2, 3],
  [-4, 0, 400],
];

test.each([1, 4])('temperature %d', (temperature) => {
  const soft = toNumbers(soften([f32([2, 3], rows.flat())], temperature));
  const expected = [...softmax(rows[0]!, temperature), 0, 0, 1];
  for (let i = 0; i < 6; i++) expect(soft[i]).toBeCloseTo(expected[i]!, 6);
});

test('a teacher that answers with probabilities counts as one that answers with logits', () => {
  const logits = soften([f32([1, 3], rows[0]!)], 4);
  const probabilities = soften([f32([1, 3], softmax(rows[0]!, 1))], 4);
  for (let i = 0; i < 3; i++) expect(toNumbers(probabilities)[i]).toBeCloseTo(toNumbers(logits)[i]!, 6);
});

test('several teachers: the mean of their probabilities', () => {
  const soft = toNumbers(soften([f32([1, 2], [0, 0]), f32([1, 2], [100, 0])], 1));
  expect([...soft]).toEqual([0.75, 0.25]);
});

test('teachers with other classes are refused', () => {
  expect(() => soften([f32([1, 2], [0, 0]), f32([1, 3], [1, 0, 0])], 1)).toThrow(
    expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
  );
});
