import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNpy, saveNpy } from '../../lib/data/npy-file.js';
import { toTensor } from '../../lib/session/feeds.js';
import * as values from '../../lib/tensor/tensor.js';

const fromNumbers = (...args: Parameters<typeof values.fromNumbers>) => toTensor(values.fromNumbers(...args));
const i64 = (numbers: readonly number[]) => toTensor(values.i64(numbers));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kompakt-npy-'));
});
afterEach(() => rm(folder, { recursive: true }));

const numbers = [0, 1, 2, 3, 4, 5];

test.each([
  'float32',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float16',
  'bool',
] as const)('%s comes back as it was', async (dtype) => {
  const value = fromNumbers(dtype, [2, 3], dtype === 'bool' ? numbers.map((v) => v % 2) : numbers);
  await saveNpy(join(folder, 'a.npy'), value);
  expect(await loadNpy(join(folder, 'a.npy'))).toEqual(value);
});

test.each([[[]], [[1]], [[7]], [[3, 1, 5]], [[2, 1, 1, 1, 3]], [[0]], [[0, 3]], [[3, 0]], [[2, 0, 4]]])(
  'shape %j comes back',
  async (dims) => {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const value = fromNumbers(
      'float32',
      dims,
      Array.from({ length: size }, (_, i) => i - 1.5),
    );
    await saveNpy(join(folder, 'a.npy'), value);
    expect(await loadNpy(join(folder, 'a.npy'))).toEqual(value);
  },
);

test('the bytes are those that numpy.save writes', async () => {
  await saveNpy(join(folder, 'a.npy'), i64([1, 2, 3]));
  const bytes = await readFile(join(folder, 'a.npy'));
  const header = "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }";
  expect(bytes.subarray(0, 10)).toEqual(Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'));
  expect(bytes.subarray(10, 128).toString('latin1')).toBe(`${header.padEnd(117, ' ')}\n`);
  expect(bytes).toHaveLength(128 + 24);
});

test('types without an npy form and folders that are not there are errors and leave nothing', async () => {
  const text = toTensor(values.tensor('string', [1], ['a']));
  await expect(saveNpy(join(folder, 'a.npy'), text)).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
  await expect(saveNpy(join(folder, 'no/a.npy'), i64([1]))).rejects.toMatchObject({ code: 'KPT_FILE_WRITE' });
  expect(await readdir(folder)).toEqual([]);
});

test('a missing file and a file that is cut short are errors', async () => {
  await expect(loadNpy(join(folder, 'none.npy'))).rejects.toMatchObject({ code: 'KPT_FILE_NOT_FOUND' });
  await saveNpy(join(folder, 'a.npy'), i64([1, 2, 3]));
  const bytes = await readFile(join(folder, 'a.npy'));
  await writeFile(join(folder, 'b.npy'), bytes.subarray(0, bytes.length - 1));
  await expect(loadNpy(join(folder, 'b.npy'))).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
});
