// Flatbuffers read field by field: what stands there, what is absent, and offsets that lead nowhere.
import { Builder } from 'flatbuffers';
import type { KompaktError } from '../../lib/errors.js';
import { FlatFile } from '../../lib/tflite/flat-file.js';

const malformed = expect.objectContaining({ code: 'KPT_TFLITE_MALFORMED' }) as KompaktError;

function built(write: (builder: Builder) => number): Uint8Array {
  const builder = new Builder(64);
  builder.finish(write(builder));
  return builder.asUint8Array();
}

/** A table with int32 -7 in slot 1, a list in slot 2, a string in slot 3, a table with float32 0.5 in slot 5. */
const sample = (): Uint8Array =>
  built((b) => {
    b.startVector(4, 3, 4);
    for (const v of [3, 2, 1]) b.addInt32(v);
    const list = b.endVector();
    const text = b.createString('größe');
    b.startObject(1);
    b.addFieldFloat32(0, 0.5, 0);
    const inner = b.endObject();
    b.startObject(6);
    b.addFieldInt32(1, -7, 0);
    b.addFieldOffset(2, list, 0);
    b.addFieldOffset(3, text, 0);
    b.addFieldOffset(5, inner, 0);
    return b.endObject();
  });

test('reads fields, and fallbacks for absent ones', () => {
  const root = new FlatFile(sample()).root();
  expect(root.int32(1)).toBe(-7);
  expect(root.int32s(2)).toEqual([1, 2, 3]);
  expect(root.string(3)).toBe('größe');
  expect(root.table(5)?.float32(0)).toBe(0.5);
  expect(root.int32(0, 11)).toBe(11);
  expect(root.int32(40, 12)).toBe(12);
  expect(root.int64s(4)).toEqual([]);
  expect(root.bool(0, true)).toBe(true);
  expect(root.table(4)).toBeUndefined();
});

test('works on bytes that begin inside a larger buffer', () => {
  const larger = new Uint8Array(sample().length + 3);
  larger.set(sample(), 3);
  expect(new FlatFile(larger.subarray(3)).root().int32(1)).toBe(-7);
});

test.each([0, 3, 4, 8])('a file of %i bytes', (length) => {
  expect(() => new FlatFile(sample().subarray(0, length)).root()).toThrow(malformed);
});

test('offsets out of the file, forwards and backwards', () => {
  for (const offset of [0xffffffff, 0x7fffffff, 1000]) {
    const bytes = sample().slice();
    new DataView(bytes.buffer).setUint32(0, offset, true);
    expect(() => new FlatFile(bytes).root()).toThrow(malformed);
  }
});

test('a vector that is longer than the file', () => {
  const bytes = sample().slice();
  const at = bytes.findIndex((_, i) => i % 4 === 0 && new DataView(bytes.buffer).getUint32(i, true) === 3);
  new DataView(bytes.buffer).setUint32(at, 0x40000000, true);
  expect(() => new FlatFile(bytes).root().int32s(2)).toThrow(malformed);
});

test('parts that are referred to again and again are not read without end', () => {
  const bytes = sample();
  const root = new FlatFile(bytes).root();
  const all = () => {
    for (let i = 0; i < bytes.length * 64; i++) root.int32s(2);
  };
  expect(all).toThrow(malformed);
});
