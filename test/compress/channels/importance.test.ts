// Importances by hand: parts of known weights, and which channel each importance needs least.
import type { JudgedPart } from '../../../lib/compress/channels/importance.js';
import { importances } from '../../../lib/compress/channels/importances/index.js';

const named = (name: string) => importances.find((importance) => importance.name === name)!;
const places = Int32Array.of(0, 1, 2);
const part = (role: JudgedPart['role'], dims: number[], axis: number, values: number[]): JudgedPart => ({
  role,
  dims,
  axis,
  values: Float32Array.from(values),
  places,
});
const scores = (name: string, parts: readonly JudgedPart[]): number[] => [
  ...named(name).scores({ count: 3, parts, random: () => 0.5 })!,
];

const makes = part('makes', [3, 2], 0, [3, 4, 0, 5, 1, 0]);
const sums = part('sums', [2, 3], 1, [1, 0, 2, 1, 0, 2]);

test('l2: norms relative to the mean of each layer, averaged over layers', () => {
  const [own, read] = [11 / 3, (3 * Math.SQRT2) / 3];
  expect(scores('l2', [makes])).toEqual([5 / own, 5 / own, 1 / own].map((v) => expect.closeTo(v, 6)));
  expect(scores('l2', [makes, sums])).toEqual(
    [(5 / own + Math.SQRT2 / read) / 2, 5 / own / 2, (1 / own + (2 * Math.SQRT2) / read) / 2].map((v) =>
      expect.closeTo(v, 6),
    ),
  );
});

test('l1: sums of absolute weights', () => {
  const mean = 13 / 3;
  expect(scores('l1', [makes])).toEqual([7 / mean, 5 / mean, 1 / mean].map((v) => expect.closeTo(v, 6)));
});

test('batch-norm: absolute scales; nothing to judge by without', () => {
  expect(scores('batch-norm', [makes, part('scales', [3], 0, [-2, 1, 0])])).toEqual([2, 1, 0]);
  expect(named('batch-norm').scores({ count: 3, parts: [makes], random: Math.random })).toBeUndefined();
});

test('fpgm: the channel in the middle of the others goes first; what has left does not count', () => {
  const line = part('makes', [3, 1], 0, [0, 10, 4]);
  const of = scores('fpgm', [line]);
  expect(of.indexOf(Math.min(...of))).toBe(2);
  const left = { ...line, places: Int32Array.of(0, -1, 2) };
  const [a, , c] = scores('fpgm', [left]);
  expect(a).toBeCloseTo(c!, 9);
});

test('taylor: the squared change of the loss, over all that read a channel, averaged over batches', () => {
  const one = { ...sums, effects: [Float64Array.of(1, -2, 0), Float64Array.of(3, 0, 0)] };
  const two = { ...sums, effects: [Float64Array.of(-1, 1, 2), Float64Array.of(1, 0, 0)] };
  expect(scores('taylor', [one, two])).toEqual([8, 0.5, 2]);
});

test('channels with several indices have the sum of them', () => {
  const pairs = { ...part('makes', [4, 1], 0, [1, 2, 3, 4]), places: Int32Array.of(0, 0, 1, 1) };
  const of = named('l1').scores({ count: 2, parts: [pairs], random: Math.random })!;
  expect([...of]).toEqual([0.6, 1.4].map((v) => expect.closeTo(v, 6)));
});
