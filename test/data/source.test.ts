// Datasets by a line of text: options that are refused, files that are missing, going through again.
import { openDataset } from '../../lib/data/source.js';
import { all, folder, input, mnistTest } from '../helpers/data-files.js';

describe('options', () => {
  test.each([
    [{ data: 'tape:x' }],
    [{ data: 'idx' }],
    [{ data: 'idx:' }],
    [{ data: 'toString:x' }],
    [{ data: mnistTest, samples: 0 }],
    [{ data: mnistTest, preprocess: '{"scale":' }],
    [{ data: mnistTest, preprocess: { gain: 2 } as never }],
    [{ data: mnistTest, preprocess: { std: [0] } }],
    [{ data: mnistTest, preprocess: { mean: [1, 2, 3] } }],
  ])('%j is refused', async (options) => {
    await expect((async () => all(options, [input([1, 1, 28, 28])]))()).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
    });
  });

  test('missing files are named', async () => {
    for (const kind of ['idx', 'cifar', 'npy', 'npz', 'wav'])
      await expect(all({ data: `${kind}:${folder}/none` }, [input(null)])).rejects.toMatchObject({
        code: 'KPT_FILE_NOT_FOUND',
      });
  });

  test('a dataset can be gone through again', async () => {
    const samples = openDataset(mnistTest);
    for (let round = 0; round < 2; round++) {
      let first: string | undefined;
      for await (const sample of samples) {
        first = sample.name;
        break;
      }
      expect(first).toMatch(/\[0\]$/);
    }
  });
});
