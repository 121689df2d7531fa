// Datasets by a line of text: options that are refused, files that are missing, going through again.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openDataset } from '../../lib/data/source.js';
import { all, file, folder, input, mnistTest } from '../helpers/data-files.js';

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

describe('some samples of many', () => {
  const count = 1000;
  const classes = 10;
  const npyHeader = `{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, 1), }`.padEnd(118);
  const npyBytes = (values: Uint8Array): Buffer =>
    Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]),
      Buffer.from(npyHeader),
      values,
    ]);
  const head = (...words: number[]): Buffer => {
    const bytes = Buffer.alloc(4 + 4 * words.length);
    bytes.set([0, 0, 8, words.length]);
    words.forEach((word, i) => {
      bytes.writeUInt32BE(word, 4 + 4 * i);
    });
    return bytes;
  };
  /** Ten classes of 100 samples each, in every form that data may have; what each tells its classes by. */
  const forms: Readonly<Record<string, (classOf: (i: number) => number, name: string) => string>> = {
    idx: (classOf, name) => {
      const labels = Uint8Array.from({ length: count }, (_, i) => classOf(i));
      const pictures = file(`${name}-pictures`, Buffer.concat([head(count, 1, 1), labels]));
      return `idx:${pictures},${file(`${name}-labels`, Buffer.concat([head(count), labels]))}`;
    },
    cifar: (classOf, name) => `cifar:${file(`${name}.bin`, records(classOf))}`,
    'cifar, compressed': (classOf, name) => `cifar:${file(`${name}.bin.gz`, gzipSync(records(classOf)))}`,
    npy: (classOf, name) =>
      `npy:${file(`${name}.npy`, npyBytes(Uint8Array.from({ length: count }, (_, i) => classOf(i))))}`,
    wav: (classOf, name) => {
      for (let i = 0; i < count; i++) {
        const into = join(folder, name, `${classOf(i)}`);
        mkdirSync(into, { recursive: true });
        writeFileSync(join(into, `${i}.wav`), wavBytes(i));
      }
      return `wav:${join(folder, name)}`;
    },
  };
  const records = (classOf: (i: number) => number): Buffer =>
    Buffer.concat(
      Array.from({ length: count }, (_, i) => Buffer.concat([Buffer.from([classOf(i)]), Buffer.alloc(3072)])),
    );
  const wavBytes = (value: number): Buffer => {
    const bytes = Buffer.alloc(46);
    bytes.write('RIFF', 0);
    bytes.write('WAVEfmt ', 8);
    bytes.writeUInt32LE(16, 16);
    bytes.writeUInt16LE(1, 20);
    bytes.writeUInt16LE(1, 22);
    bytes.writeUInt16LE(16, 34);
    bytes.write('data', 36);
    bytes.writeUInt32LE(2, 40);
    bytes.writeInt16LE(value, 44);
    return bytes;
  };
  const drawn = async (data: string, samples: number) => {
    const found: { name: string; label: number }[] = [];
    for await (const { name, label, arrays } of openDataset(data).draw(samples))
      found.push({ name, label: label ?? Number(arrays['']!.data[0]) });
    return found;
  };
  const perClass = (found: readonly { readonly label: number }[]): readonly number[] =>
    Array.from({ length: classes }, (_, c) => found.filter(({ label }) => label === c).length);

  test.each(Object.entries(forms))('%s sorted by class: as many of each', async (name, form) => {
    const data = form((i) => Math.floor((i * classes) / count), `sorted-${name}`);
    const found = await drawn(data, 50);
    expect(perClass(found)).toEqual(new Array(classes).fill(5));
    expect(await drawn(data, 50)).toEqual(found);
    expect(await drawn(data, count + 1)).toHaveLength(count);
  });

  test('classes in turn: some of each, though the steps are as long as a turn', async () => {
    const found = await drawn(
      forms.idx!((i) => i % classes, 'turns'),
      count / classes,
    );
    expect(Math.min(...perClass(found))).toBeGreaterThan(0);
    expect(new Set(found.map(({ name }) => name)).size).toBe(count / classes);
  });

  test('feeds have them too', async () => {
    const data = forms.npy!((i) => Math.floor((i * classes) / count), 'feeds');
    const found = await all({ data, samples: classes }, [input([null, 1])]);
    expect(found.map(({ feeds }) => feeds.x.values[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
