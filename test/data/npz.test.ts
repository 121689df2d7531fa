// npz archives: named arrays, labels, compression, damage.
import { npyBytes, zipBytes as zip } from '../helpers/data-bytes.js';
import { all, file, input } from '../helpers/data-files.js';

describe('npz', () => {
  const arrays = {
    'a.npy': npyBytes('<f4', [2, 2], Float32Array.of(1, 2, 3, 4)),
    'b.npy': npyBytes('<i8', [2, 1], BigInt64Array.of(5n, 6n)),
    'label.npy': npyBytes('<i8', [2], BigInt64Array.of(8n, 9n)),
  };

  test.each([false, true])('named arrays and labels, deflated: %s', async (deflate) => {
    const data = `npz:${file('a.npz', zip(arrays, deflate))}`;
    const samples = await all({ data }, [input([1, 2], 'float32', 'a'), input([1, 1], 'int64', 'b')]);
    expect(samples.map(({ label, feeds }) => [label, feeds.a!.values, feeds.b!.values])).toEqual([
      [8, [1, 2], [5]],
      [9, [3, 4], [6]],
    ]);
  });

  test('one array feeds the only input, whatever its name', async () => {
    const { 'b.npy': _, ...rest } = arrays;
    const samples = await all({ data: `npz:${file('one.npz', zip(rest, true))}` }, [input([null, 2])]);
    expect(samples.map((s) => s.feeds.x!.values)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('rows of scores are no class indices', async () => {
    const label = npyBytes('<f4', [2, 3], Float32Array.of(0, 0, 1, 1, 0, 0));
    const data = `npz:${file('one-hot.npz', zip({ ...arrays, 'label.npy': label }, false))}`;
    const inputs = [input([1, 2], 'float32', 'a'), input([1, 1], 'int64', 'b')];
    await expect(all({ data }, inputs)).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
      message: expect.stringContaining('received [3] each'),
    });
  });

  test('labels may be a column', async () => {
    const label = npyBytes('<i8', [2, 1], BigInt64Array.of(8n, 9n));
    const data = `npz:${file('column.npz', zip({ ...arrays, 'label.npy': label }, false))}`;
    const inputs = [input([1, 2], 'float32', 'a'), input([1, 1], 'int64', 'b')];
    expect((await all({ data }, inputs)).map((sample) => sample.label)).toEqual([8, 9]);
  });

  test('an array that the model does not know is named', async () => {
    const data = `npz:${file('b.npz', zip(arrays, false))}`;
    await expect(all({ data }, [input([1, 2], 'float32', 'a')])).rejects.toMatchObject({
      code: 'KPT_INPUT_UNKNOWN',
    });
  });

  test('cut archives fail cleanly at every length', async () => {
    const bytes = zip(arrays, true);
    for (let length = 0; length < bytes.length; length += 17) {
      const data = `npz:${file('cut.npz', bytes.subarray(0, length))}`;
      await expect(all({ data }, [input(null)])).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
    }
  });
});
