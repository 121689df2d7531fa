// Holding out: every class keeps its share, the same for a seed, and nothing is in both parts.
import { heldOut, holdOut } from '../../../lib/search/tune/samples.js';
import type { Lesson } from '../../../lib/train/train-model.js';
import { pictures } from '../../helpers/pictures.js';

const labels = Array.from({ length: 200 }, (_, i) => (i % 20 === 0 ? 7 : i % 2));

test('of each class its share', () => {
  for (const share of [0.1, 0.25, 0.5]) {
    const out = heldOut(labels, share, 5);
    for (const label of [0, 1, 7]) {
      const all = labels.filter((one) => one === label).length;
      const here = [...out].filter((index) => labels[index] === label).length;
      expect(here).toBe(Math.max(1, Math.round(share * all)));
    }
  }
});

test('the seed decides which', () => {
  const list = (seed: number) => [...heldOut(labels, 0.2, seed)].toSorted((a, b) => a - b);
  expect(list(1)).toEqual(list(1));
  expect(list(1)).not.toEqual(list(2));
});

test('classes of one sample and samples without a label are trained on', () => {
  expect([...heldOut([1, 2, undefined, 3, 3], 0.5, 0)].every((index) => index > 2)).toBe(true);
});

test('no class is held out whole', () => {
  for (const share of [0.5, 0.75, 0.9, 0.99])
    for (let count = 1; count < 9; count++) {
      const out = heldOut(new Array<number>(count).fill(4), share, 1);
      expect(out.size).toBe(Math.min(count - 1, Math.max(1, Math.round(share * count))));
    }
});

test('the parts are the whole, and can be read again', async () => {
  const data = pictures(40);
  const { training, validation, all, trainingCount, validationCount } = await holdOut(data, 0.25, 1);
  const read = async (from: typeof training): Promise<Lesson[]> => {
    const list: Lesson[] = [];
    for await (const sample of from) list.push(sample as Lesson);
    return list;
  };
  const parts = [...(await read(training)), ...(await read(validation as typeof training))];
  expect([trainingCount, validationCount]).toEqual([28, 12]);
  expect(new Set(parts)).toEqual(new Set(data));
  expect(parts).toHaveLength(40);
  expect(await read(training)).toHaveLength(28);
  expect(await read(all)).toEqual(data);
});

test.each([
  ['nothing', [], 'KPT_CALIBRATION_EMPTY'],
  ['no labels', pictures(8).map(({ feeds }) => ({ feeds })), 'KPT_OPTION_INVALID'],
  ['an iterator', pictures(8)[Symbol.iterator](), 'KPT_OPTION_INVALID'],
])('%s is refused', async (_, data, code) => {
  await expect(holdOut(data as Iterable<Lesson>, 0.2, 0)).rejects.toMatchObject({ code });
});
