// Samples in the order of an epoch: complete, shuffled, equal for equal seeds, in bounded memory.
import { f32 } from '../../lib/tensor/tensor.js';
import { TrainingData, type TrainingSample } from '../../lib/train/training-data.js';
import { counted } from '../helpers/softmax-regression.js';

const samples = (count: number): TrainingSample[] =>
  Array.from({ length: count }, (_, label) => ({
    name: `${label}`,
    label,
    inputs: new Map([['x', f32([1, 4], [label, 0, 0, 0])]]),
  }));

/** What the class reckons for one of these samples. */
const bytesEach = 16 + 2 * 256;

async function order(data: TrainingData, epoch: number): Promise<number[]> {
  const labels = [];
  for await (const { label } of data.epoch(epoch)) labels.push(label!);
  return labels;
}

const open = (source: AsyncIterable<TrainingSample>, held: number, seed = 1) =>
  TrainingData.open(source, { seed, memoryBytes: held * bytesEach });

test.each([
  ['held', 100],
  ['streamed through a window', 10],
  ['streamed with next to no memory', 0],
])('%s: every sample once an epoch, in an order of its own', async (_, held) => {
  const source = counted(samples(100));
  const data = await open(source, held);
  expect([data.count, data.held]).toEqual([100, Math.max(1, held)]);
  const [first, second] = [await order(data, 0), await order(data, 1)];
  for (const labels of [first, second]) {
    expect([...labels].sort((a, b) => a - b)).toEqual(samples(100).map((s) => s.label));
    if (held > 1) expect(labels).not.toEqual(samples(100).map((s) => s.label));
  }
  if (held > 1) expect(first).not.toEqual(second);
  expect(source.reads).toBe(held === 100 ? 1 : 3);
});

test('an order depends on seed and epoch alone, not on what was read before', async () => {
  const [a, b, c] = [
    await open(counted(samples(50)), 50),
    await open(counted(samples(50)), 50),
    await open(counted(samples(50)), 50, 2),
  ];
  await order(a, 0);
  expect(await order(a, 3)).toEqual(await order(b, 3));
  expect(await order(a, 3)).not.toEqual(await order(c, 3));
});

test('a shuffle is fair: every sample is as often first as any other', async () => {
  const data = await open(counted(samples(5)), 5);
  const firsts = new Map<number, number>();
  for (let epoch = 0; epoch < 2000; epoch++) {
    const [first] = await order(data, epoch);
    firsts.set(first!, (firsts.get(first!) ?? 0) + 1);
  }
  for (let label = 0; label < 5; label++) expect(Math.abs(firsts.get(label)! - 400)).toBeLessThan(80);
});

test('no samples, other samples than at first, an abort', async () => {
  await expect(open(counted([]), 5)).rejects.toMatchObject({ code: 'KPT_CALIBRATION_EMPTY' });
  const shrinking = samples(20);
  const data = await open(counted(shrinking), 2);
  shrinking.pop();
  await expect(order(data, 0)).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
  const signal = AbortSignal.abort();
  await expect(
    TrainingData.open(counted(samples(3)), { seed: 1, memoryBytes: 1e6, signal }),
  ).rejects.toMatchObject({ code: 'KPT_ABORTED' });
});
