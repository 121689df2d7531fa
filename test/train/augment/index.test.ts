// Augmentations: what each does to a picture, that the random numbers decide it, and what they refuse.
import { augmentations } from '../../../lib/train/augment/index.js';
import { augmentOptions, augmentsOf } from '../../../lib/train/augment/options.js';
import { randomFor } from '../../../lib/train/seeds.js';

const ramp = (count: number) => Float32Array.from({ length: count }, (_, i) => i);

/** Applies one augmentation to a copy with the given random numbers. */
function apply(
  options: Record<string, number>,
  values: Float32Array,
  dims: number[],
  numbers: readonly number[],
) {
  const copy = values.slice();
  let at = 0;
  for (const augment of augmentsOf(options)) augment(copy, dims, () => numbers[at++ % numbers.length]!);
  return [...copy];
}

test('shift moves all channels alike and repeats the border', () => {
  // Numbers near 1 and 0: one down, one to the left.
  expect(apply({ shift: 1 }, ramp(12), [2, 2, 3], [0.99, 0])).toEqual([1, 2, 2, 1, 2, 2, 7, 8, 8, 7, 8, 8]);
  expect(apply({ shift: 1 }, ramp(6), [1, 2, 3], [0.5, 0.5])).toEqual([...ramp(6)]);
  expect(apply({ shift: 9 }, ramp(4), [1, 2, 2], [0.99, 0.99])).toEqual([0, 0, 0, 0]);
});

test('flip mirrors left to right, sometimes', () => {
  expect(apply({ flip: 0.5 }, ramp(6), [1, 2, 3], [0.49])).toEqual([2, 1, 0, 5, 4, 3]);
  expect(apply({ flip: 0.5 }, ramp(6), [1, 2, 3], [0.5])).toEqual([...ramp(6)]);
});

test('crop stretches a part: nothing is cut at 0, half of a ramp has half its slope', () => {
  expect(apply({ crop: 0.5 }, ramp(16), [1, 1, 16], [0])).toEqual([...ramp(16)]);
  const half = apply({ crop: 0.5 }, ramp(16), [1, 1, 16], [1, 0, 0]);
  expect(half.slice(2).map((v, i) => v - half[i + 1]!)).toEqual(Array(14).fill(0.5));
  const right = apply({ crop: 0.5 }, ramp(16), [1, 1, 16], [1, 1, 1]);
  expect(right[0]! - half[0]!).toBeGreaterThan(7);
  expect(Math.max(...right)).toBeLessThanOrEqual(15);
});

test('noise has the deviation that was asked for, on samples of any shape', () => {
  const values = new Float32Array(20000).fill(3);
  augmentsOf({ noise: 0.2 })[0]!(values, [20000], randomFor(1, 'augment'));
  const mean = values.reduce((a, b) => a + b) / 20000;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 20000);
  expect(mean).toBeCloseTo(3, 2);
  expect(deviation).toBeCloseTo(0.2, 2);
});

test('cutout sets a square to 0, in all channels, also half outside', () => {
  const ones = new Float32Array(2 * 4 * 4).fill(1);
  const plane = (rows: readonly string[]) => [...rows.join('')].map(Number);
  // The centre is in row 2 and column 1.
  const inside = plane(['1111', '0011', '0011', '1111']);
  expect(apply({ cutout: 0.5 }, ones, [2, 4, 4], [0.5, 0.25])).toEqual([...inside, ...inside]);
  const corner = plane(['0111', '1111', '1111', '1111']);
  expect(apply({ cutout: 0.5 }, ones, [2, 4, 4], [0, 0])).toEqual([...corner, ...corner]);
});

test('erase fills one rectangle of all channels with noise of the range of the picture, sometimes', () => {
  const [channels, height, width] = [2, 20, 24];
  const picture = Float32Array.from({ length: channels * height * width }, (_, i) => (i % 2 === 0 ? -1 : 3));
  const [erased] = augmentsOf({ erase: 0.5 });
  let times = 0;
  for (let seed = 0; seed < 200; seed++) {
    const copy = picture.slice();
    erased!(copy, [channels, height, width], randomFor(seed, 'augment'));
    const changed = [...copy.keys()].filter((i) => copy[i] !== picture[i]);
    if (changed.length === 0) continue;
    times++;
    expect(Math.min(...copy)).toBe(-1);
    expect(Math.max(...copy)).toBe(3);
    const places = (channel: number) =>
      changed
        .filter((i) => Math.floor(i / (height * width)) === channel)
        .map((i) => i - channel * height * width);
    expect(places(1)).toEqual(places(0));
    const rows = places(0).map((i) => Math.floor(i / width));
    const columns = places(0).map((i) => i % width);
    const span = (list: readonly number[]) => Math.max(...list) - Math.min(...list) + 1;
    expect(span(rows) * span(columns)).toBe(places(0).length);
    const share = places(0).length / (height * width);
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.45);
    expect(span(rows) / span(columns)).toBeGreaterThan(0.2);
    expect(span(rows) / span(columns)).toBeLessThan(5);
  }
  expect(Math.abs(times - 100)).toBeLessThan(25);
});

test('what changes pictures refuses other samples', () => {
  for (const name of ['shift', 'flip', 'crop', 'cutout', 'erase'])
    expect(() => apply({ [name]: 0.5 }, ramp(8), [8], [0])).toThrow(
      expect.objectContaining({ code: 'KPT_OPTION_INVALID', message: expect.stringContaining(name) }),
    );
});

test('options: every augmentation by name, numbers in range, nothing else', () => {
  for (const { name, most } of augmentations) {
    const amount = name === 'shift' ? 2 : Math.min(most, 0.5);
    expect(augmentOptions.safeParse({ [name]: amount }).success).toBe(true);
    for (const wrong of [0, -1, 'x', Number.POSITIVE_INFINITY])
      expect(augmentOptions.safeParse({ [name]: wrong }).success).toBe(false);
  }
  expect(augmentOptions.safeParse({ mirror: 1 }).success).toBe(false);
  expect(augmentsOf({})).toEqual([]);
});

test('shift moves by whole pixels', () => {
  expect(augmentOptions.safeParse({ shift: 0.5 }).success).toBe(false);
  const [, shift] = augmentations;
  const values = ramp(6);
  shift!.make(1.5)(values, [1, 2, 3], () => 0.99);
  expect([...values]).toEqual([0, 0, 1, 0, 0, 1]);
});
