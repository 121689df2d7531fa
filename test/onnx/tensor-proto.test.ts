// Tensors of every type through their raw, typed and external forms, and the sizes that are refused.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { externalReader } from '../../lib/onnx/external-data.js';
import type { TensorProto } from '../../lib/onnx/schema.js';
import { readTensor, writeTensor } from '../../lib/onnx/tensor-proto.js';
import { type DType, dtypes } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers, type TensorValue } from '../../lib/tensor/tensor.js';

const noFolder = externalReader(null);
const read = (proto: TensorProto) => readTensor(proto, "initializer 'w'", noFolder);
const numeric = Object.keys(dtypes).filter((dtype) => dtype !== 'string') as DType[];

describe.each(numeric)('%s', (dtype) => {
  test.each([[[]], [[0]], [[1]], [[2, 3]], [[7]]])('shape %j', (dims) => {
    const { min } = dtypes[dtype];
    const values = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) =>
      i % 2 === 0 ? i % 7 : min < 0 ? -i : i % 2,
    );
    const value = fromNumbers(
      dtype,
      dims,
      values.map((v) => (dtype === 'bool' ? v & 1 : v)),
    );
    const proto = writeTensor('w', value);
    expect(read(proto)).toEqual(value);
    // At an odd offset, as a file has it.
    const shifted = new Uint8Array(proto.rawData!.length + 3);
    shifted.set(proto.rawData!, 3);
    expect(read({ ...proto, rawData: shifted.subarray(3) })).toEqual(value);
  });

  test('one byte too many or too few', () => {
    const proto = writeTensor('w', fromNumbers(dtype, [3], [1, 0, 1]));
    for (const length of [proto.rawData!.length - 1, proto.rawData!.length + 1])
      expect(() => read({ ...proto, rawData: new Uint8Array(length) })).toThrow(
        expect.objectContaining({ code: 'KPT_ONNX_MALFORMED' }),
      );
    expect(() => read({ dims: [3], dataType: dtypes[dtype].onnx })).toThrow(
      expect.objectContaining({ code: 'KPT_ONNX_MALFORMED' }),
    );
  });
});

test.each<[string, TensorProto, TensorValue]>([
  ['float32', { dims: [2], dataType: 1, floatData: [1.5, -2] }, f32([2], [1.5, -2])],
  [
    'float64',
    { dims: [1], dataType: 11, doubleData: [0.1] },
    { dtype: 'float64', dims: [1], data: Float64Array.of(0.1) },
  ],
  [
    'int8',
    { dims: [2], dataType: 3, int32Data: [-5, 5] },
    { dtype: 'int8', dims: [2], data: Int8Array.of(-5, 5) },
  ],
  ['float16', { dims: [1], dataType: 10, int32Data: [0x3c00] }, fromNumbers('float16', [1], [1])],
  [
    'uint32',
    { dims: [1], dataType: 12, uint64Data: [{ low: -1, high: 0 }] },
    { dtype: 'uint32', dims: [1], data: Uint32Array.of(2 ** 32 - 1) },
  ],
  [
    'int64',
    { dims: [1], dataType: 7, int64Data: [{ low: -2, high: -1 }] },
    { dtype: 'int64', dims: [1], data: BigInt64Array.of(-2n) },
  ],
  [
    'uint64',
    { dims: [1], dataType: 13, uint64Data: [{ low: -1, high: -1 }] },
    { dtype: 'uint64', dims: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  ],
  [
    'int4, odd count',
    { dims: [3], dataType: 22, int32Data: [0xf1, 0x08] },
    { dtype: 'int4', dims: [3], data: Int8Array.of(1, -1, -8) },
  ],
  [
    'string',
    { dims: [1], dataType: 8, stringData: [new TextEncoder().encode('ü')] },
    { dtype: 'string', dims: [1], data: ['ü'] },
  ],
])('typed field of %s', (_, proto, value) => {
  expect(read(proto)).toEqual(value);
});

test.each<[string, TensorProto, string]>([
  ['negative dimension', { dims: [-1], dataType: 1 }, 'KPT_ONNX_MALFORMED'],
  ['absurd dimension', { dims: [2 ** 40], dataType: 1 }, 'KPT_TOO_LARGE'],
  ['product that overflows', { dims: [2 ** 30, 2 ** 30, 2 ** 30], dataType: 1 }, 'KPT_TOO_LARGE'],
  ['absurd dimension beside 0', { dims: [0, 2 ** 40], dataType: 1 }, 'KPT_TOO_LARGE'],
  ['large but allowed, without data', { dims: [2 ** 30], dataType: 1 }, 'KPT_ONNX_MALFORMED'],
  ['raw data that is short', { dims: [2], dataType: 1, rawData: new Uint8Array(7) }, 'KPT_ONNX_MALFORMED'],
  ['raw data that is long', { dims: [2], dataType: 1, rawData: new Uint8Array(9) }, 'KPT_ONNX_MALFORMED'],
  ['raw data of a dimension 0', { dims: [0], dataType: 1, rawData: new Uint8Array(4) }, 'KPT_ONNX_MALFORMED'],
  ['raw int4 that is short', { dims: [3], dataType: 22, rawData: new Uint8Array(1) }, 'KPT_ONNX_MALFORMED'],
  ['too many numbers', { dims: [2], dataType: 1, floatData: [1, 2, 3] }, 'KPT_ONNX_MALFORMED'],
  ['raw strings', { dims: [1], dataType: 8, rawData: new Uint8Array(1) }, 'KPT_ONNX_MALFORMED'],
  ['dimension beyond int64', { dims: [{ low: 0, high: -1 }], dataType: 1 }, 'KPT_ONNX_MALFORMED'],
  ['no type', { dims: [1] }, 'KPT_ONNX_UNSUPPORTED'],
  ['complex', { dims: [1], dataType: 14 }, 'KPT_ONNX_UNSUPPORTED'],
  ['segments', { dims: [1], dataType: 1, segment: new Uint8Array(1) }, 'KPT_ONNX_UNSUPPORTED'],
  ['too few strings', { dims: [2], dataType: 8, stringData: [] }, 'KPT_ONNX_MALFORMED'],
])('%s is refused', (_, proto, code) => {
  expect(() => read(proto)).toThrow(expect.objectContaining({ code }));
});

describe('external data', () => {
  let folder: string;
  beforeAll(() => {
    const root = mkdtempSync(join(tmpdir(), 'kompakt-'));
    folder = join(root, 'model');
    mkdirSync(join(folder, 'sub'), { recursive: true });
    writeFileSync(
      join(folder, 'w.bin'),
      new Uint8Array([0, 0, 0, ...new Uint8Array(Float32Array.of(1, 2).buffer)]),
    );
    writeFileSync(join(folder, 'sub', 'w.bin'), new Uint8Array(Float32Array.of(3, 4).buffer));
    writeFileSync(join(root, 'secret'), new Uint8Array(8));
    symlinkSync(join(root, 'secret'), join(folder, 'link'));
    symlinkSync(root, join(folder, 'up'));
    symlinkSync(join(folder, 'sub', 'w.bin'), join(folder, 'inside'));
  });
  afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

  const proto = (entries: Record<string, string>): TensorProto => ({
    dims: [2],
    dataType: 1,
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
  const load = (entries: Record<string, string>) => readTensor(proto(entries), "'w'", externalReader(folder));

  test('is read at its offset, from sub-folders, and through links that stay inside', () => {
    expect(load({ location: 'w.bin', offset: '3', length: '8' })).toEqual(f32([2], [1, 2]));
    expect(load({ location: 'sub/w.bin' })).toEqual(f32([2], [3, 4]));
    expect(load({ location: 'inside' })).toEqual(f32([2], [3, 4]));
  });

  test.each([
    ['absolute', { location: '/etc/passwd' }],
    ['parent', { location: '../secret' }],
    ['parent through a sub-folder', { location: 'sub/../../secret' }],
    ['link out', { location: 'link' }],
    ['folder link out', { location: 'up/secret' }],
    ['the folder itself', { location: '.' }],
    ['a folder', { location: 'sub' }],
    ['missing', { location: 'none' }],
    ['no location', {}],
    ['zero byte', { location: 'w.bin\0' }],
    ['past the end', { location: 'w.bin', offset: '4' }],
    ['negative offset', { location: 'w.bin', offset: '-1' }],
    ['absurd offset', { location: 'w.bin', offset: '99999999999999999999' }],
    ['other length', { location: 'w.bin', length: '4' }],
  ])('%s is refused', (_, entries) => {
    expect(() => load(entries as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'KPT_EXTERNAL_DATA' }),
    );
  });

  test('without a folder it is refused', () => {
    expect(() => read(proto({ location: 'w.bin' }))).toThrow(
      expect.objectContaining({ code: 'KPT_EXTERNAL_DATA' }),
    );
  });
});
