// CIFAR-10 files, with the colours and normalisation that pictures take.
import { openDataset } from '../../lib/data/source.js';
import { all, file, input } from '../helpers/data-files.js';
import { sharedData } from '../helpers/shared-data.js';

describe('cifar', () => {
  const record = (label: number) => {
    const bytes = Buffer.alloc(3073);
    bytes[0] = label;
    for (let i = 0; i < 3072; i++) bytes[i + 1] = Math.floor(i / 1024) * 10 + ((i % 1024) % 7);
    return bytes;
  };

  test('mean and std by channel, colours swapped, channels last', async () => {
    const data = `cifar:${file('two.bin', Buffer.concat([record(3), record(9)]))}`;
    const preprocess = { scale: 2, mean: [1, 2, 3], std: [1, 2, 4], color: 'bgr' } as const;
    const samples = await all({ data, preprocess }, [input([null, 32, 32, 3])]);
    expect(samples.map((s) => s.label)).toEqual([3, 9]);
    const { dims, values } = samples[0]!.feeds.x!;
    expect(dims).toEqual([1, 32, 32, 3]);
    // Pixel 1: blue 21, green 11, red 1 as stored.
    expect(values.slice(3, 6)).toEqual([(42 - 1) / 1, (22 - 2) / 2, (2 - 3) / 4]);
  });

  test('grey of RGB', async () => {
    const data = `cifar:${file('one.bin', record(0))}`;
    const [sample] = await all({ data, preprocess: { color: 'gray' } }, [input([1, 1, 32, 32])]);
    expect(sample!.feeds.x!.values[0]).toBeCloseTo(0.299 * 0 + 0.587 * 10 + 0.114 * 20, 5);
  });

  test.each([
    ['cut', record(1).subarray(0, 3000)],
    ['label 10', record(10)],
  ])('%s is malformed', async (name, bytes) => {
    await expect(all({ data: `cifar:${file(name, bytes)}` }, [input(null)])).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
    });
  });

  const shared = sharedData('cifar10/test1k_jpg.bin');
  const whyNot = shared ? '' : ' (skipped: no shared data)';
  (shared ? test : test.skip)(`1000 shared pictures${whyNot}`, async () => {
    const samples = openDataset(`cifar:${shared}`);
    let count = 0;
    for await (const { label } of samples) {
      expect(label).toBeLessThan(10);
      count++;
    }
    expect(count).toBe(1000);
  });
});
