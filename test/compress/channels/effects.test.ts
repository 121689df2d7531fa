// Weight times gradient of samples that are no numbers, or lead to none.
import { prune } from '../../../lib/compress/prune-model.js';
import { toTensor } from '../../../lib/session/feeds.js';
import { f32 } from '../../../lib/tensor/tensor.js';
import { buildNetwork } from '../../../lib/train/networks/index.js';
import { randomFloats } from '../../helpers/random-floats.js';

const model = buildNetwork('lenet-300-100', { width: 0.1, seed: 1 });
const { name: input, dims } = model.graph.inputs[0]!;
const shape = [1, ...(dims!.slice(1) as number[])];
const size = shape.reduce((a, b) => a * b, 1);
/** Sample 7 has `value` in place of so many elements. */
const samples = (value: number, count = 1) =>
  Array.from({ length: 32 }, (_, i) => {
    const values = randomFloats(size, i + 1);
    if (i === 7) values.fill(value, 5, 5 + count);
    return { feeds: { [input]: toTensor(f32(shape, values)) }, label: i % 10 };
  });
const channels = { share: 0.5, roundTo: 1, importance: 'taylor', refit: false } as const;

test.each([
  [
    'NaN',
    Number.NaN,
    1,
    /^Expected finite values for tensor 'input' in calibration sample 7 but received NaN/,
  ],
  ['infinity', Number.POSITIVE_INFINITY, 1, /'input' in calibration sample 7 but received Infinity/],
  ['sums beyond float32', 3e38, 700, /^Expected a finite gradient for '.*' by samples (.*, )?7\b/],
])('%s: channels would leave at random', async (_, value, count, message) => {
  await expect(prune(model, { channels, data: samples(value, count) })).rejects.toMatchObject({
    code: 'KPT_CALIBRATION_VALUES',
    message: expect.stringMatching(message),
  });
});

test('finite samples are taken', async () => {
  const { report } = await prune(model, { channels, data: samples(0) });
  expect(report.channels!.layers.some((layer) => layer.channelsAfter < layer.channelsBefore)).toBe(true);
});

test('a signal ends it between two batches', async () => {
  const { signal } = new AbortController();
  let asked = 0;
  // The samples are read before: that asks once for each.
  Object.defineProperty(signal, 'aborted', { get: () => ++asked > 40 });
  await expect(
    prune(model, { channels: { ...channels, batch: 2 }, data: samples(0), signal }),
  ).rejects.toMatchObject({ code: 'KPT_ABORTED' });
  expect(asked).toBe(41);
});
