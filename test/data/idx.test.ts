// IDX files: types, shapes, compression, labels, and what is malformed.
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { openFeeds } from '../../lib/data/source.js';
import { toNumbers } from '../../lib/tensor/tensor.js';
import { all, file, input, mnistTest } from '../helpers/data-files.js';
import { testOnLinux, timesOpen, whyNotOnLinux } from '../helpers/open-files.js';

describe('idx', () => {
  test('MNIST: all samples, labels of every class, scaled', async () => {
    let count = 0;
    const classes = new Set<number>();
    for await (const { label, feeds } of openFeeds(
      { data: mnistTest, preprocess: '{"scale":0.00392156862745098}' },
      [input(['N', 1, 28, 28])],
    )) {
      count++;
      classes.add(label!);
      if (count === 1) {
        expect(feeds.x!.dims).toEqual([1, 1, 28, 28]);
        expect(Math.max(...toNumbers(feeds.x!))).toBeLessThanOrEqual(1);
        expect(Math.max(...toNumbers(feeds.x!))).toBeGreaterThan(0.9);
      }
    }
    expect(count).toBe(10000);
    expect(classes.size).toBe(10);
  });

  test.each([
    ['flat', [null, 784], [1, 784]],
    ['channels last', [1, 28, 28, 1], [1, 28, 28, 1]],
    ['without channels', [1, 28, 28], [1, 28, 28]],
    ['one free size', [1, 'n', 28], [1, 28, 28]],
    ['unknown rank', null, [1, 1, 28, 28]],
  ] as const)('%s', async (_, dims, expected) => {
    const [first, ...rest] = await all({ data: mnistTest, samples: 1 }, [input(dims)]);
    expect(rest).toEqual([]);
    expect(first!.feeds.x!.dims).toEqual(expected);
  });

  test('big-endian types, compressed files, no labels', async () => {
    const bytes = Buffer.from([
      0, 0, 0x0b, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 1, 255, 254, 0, 3, 1, 0, 0, 5, 0, 6,
    ]);
    for (const data of [`idx:${file('a.idx', bytes)}`, `idx:${file('a.idx.gz', gzipSync(bytes))}`])
      expect((await all({ data }, [input([1, 3])])).map((s) => [s.label, s.feeds.x!.values])).toEqual([
        [undefined, [1, -2, 3]],
        [undefined, [256, 5, 6]],
      ]);
  });

  const header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2];
  test.each([
    ['empty', []],
    ['wrong magic', [1, 0, 8, 1, 0, 0, 0, 0]],
    ['wrong type', [0, 0, 7, 1, 0, 0, 0, 0]],
    ['cut header', header.slice(0, 10)],
    ['cut data', [...header, 1, 2, 3, 4, 5]],
    ['absurd shape', [0, 0, 8, 3, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 255]],
    ['absurd but allowed size without data', [0, 0, 8, 2, 0, 0, 0, 1, 127, 0, 0, 0]],
  ])('%s is malformed', async (name, bytes) => {
    const data = `idx:${file(`bad ${name}`, Buffer.from(bytes))}`;
    await expect(all({ data }, [input(null)])).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
  });

  test('as many labels as pictures', async () => {
    const labels = file('labels', Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, 7]));
    const pictures = file('pictures', Buffer.from([...header, 1, 2, 3, 4, 5, 6, 7, 8]));
    await expect(all({ data: `idx:${pictures},${labels}` }, [input(null)])).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
    });
  });

  testOnLinux(`no file stays open when one of them cannot be used${whyNotOnLinux}`, async () => {
    const pictures = file('left open', Buffer.from([...header, 1, 2, 3, 4, 5, 6, 7, 8]));
    const bad = file('bad labels', Buffer.from([0, 0, 7, 1, 0, 0, 0, 2, 1, 2]));
    for (const labels of [bad, `${bad}.absent`])
      await expect(all({ data: `idx:${pictures},${labels}` }, [input(null)])).rejects.toThrow(labels);
    const left = () => timesOpen(pictures) + timesOpen(bad);
    // Streams close their files a moment after they have ended.
    for (let i = 0; i < 100 && left() > 0; i++) await setTimeout(5);
    expect(left()).toBe(0);
  });
});
