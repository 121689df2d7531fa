// The reader of protobuf beside protobufjs, and on bytes that are none.
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { messageTypes } from '../../lib/onnx/wire.js';
import { decode } from '../../lib/onnx/wire-reader.js';
import { encode } from '../../lib/onnx/wire-writer.js';
import { npmModels } from '../helpers/npm-models.js';

const types = messageTypes({
  All: {
    1: 'i32 int32',
    2: 'i64 int64',
    3: 'u64 uint64',
    4: 'f float',
    5: 'd double',
    6: 's string',
    7: 'b bytes',
    8: 'sub All',
    9: 'i32s int32*',
    10: 'i64s int64*',
    11: 'u64s uint64*',
    12: 'fs float*',
    13: 'ds double*',
    14: 'ss string*',
    15: 'bs bytes*',
    1000: 'subs All*',
  },
});
const peer = protobuf
  .parse(`syntax = "proto2"; message All {
    optional int32 i32 = 1; optional int64 i64 = 2; optional uint64 u64 = 3; optional float f = 4;
    optional double d = 5; optional string s = 6; optional bytes b = 7; optional All sub = 8;
    repeated int32 i32s = 9 [packed = true]; repeated int64 i64s = 10 [packed = true];
    repeated uint64 u64s = 11 [packed = true]; repeated float fs = 12 [packed = true];
    repeated double ds = 13 [packed = true]; repeated string ss = 14; repeated bytes bs = 15;
    repeated All subs = 1000; }`)
  .root.lookupType('All');
const peerUnpacked = protobuf
  .parse(
    'syntax = "proto2"; message All { repeated int32 i32s = 9; repeated float fs = 12; repeated int64 i64s = 10; }',
  )
  .root.lookupType('All');

const bytes = (...values: number[]) => Uint8Array.from(values);
const sample = {
  i32: -5,
  i64: { low: 1, high: -2147483648 },
  u64: { low: -1, high: -1 },
  f: 0.5,
  d: -1e300,
  s: 'Grüße, 世界',
  b: bytes(1, 2, 3),
  sub: { i32: 2147483647, sub: { s: '' } },
  i32s: [0, 1, 127, 128, 16383, 16384, 2 ** 31 - 1, -(2 ** 31), -1],
  i64s: [0, -1, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 49, 2 ** 53 - 1, -(2 ** 53 - 1), -(2 ** 32), 127, 128],
  u64s: [0, 1, 2 ** 32 - 1, 2 ** 53 - 1],
  fs: [1, -2, 3.25],
  ds: [Math.PI],
  ss: ['', 'a', 'x'.repeat(200)],
  bs: [bytes(), bytes(255)],
  subs: [{}, { i32: 1 }, { subs: [{ f: 1 }] }],
};

/** Plain values, so that two readers can be compared. */
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? { bytes: [...value] }
    : Array.isArray(value) || value instanceof Float32Array
      ? Array.from(value, plain)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
        : value;

/** As plain(), with 64-bit integers of protobufjs as the numbers or halves that the reader gives,
 *  and without its empty lists. */
const ofPeer = (message: protobuf.Message): unknown => {
  const convert = (value: unknown): unknown => {
    if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return plain(value);
    if (Array.isArray(value)) return value.map(convert);
    if ('low' in value && 'high' in value && 'unsigned' in value) {
      const { low, high, unsigned } = value as { low: number; high: number; unsigned: boolean };
      const number = (unsigned ? high >>> 0 : high) * 2 ** 32 + (low >>> 0);
      return Number.isSafeInteger(number) ? number : { low, high };
    }
    const there = Object.entries(value).filter(([, inner]) => !Array.isArray(inner) || inner.length > 0);
    return Object.fromEntries(there.map(([key, inner]) => [key, convert(inner)]));
  };
  return convert(message);
};

test('messages are read as protobufjs reads them', () => {
  const file = peer.encode(peer.fromObject({})).finish();
  expect(plain(decode(types.All, file))).toEqual({});
  const written = encode(types.All, sample);
  expect(plain(decode(types.All, written))).toEqual(plain(sample));
  expect(plain(decode(types.All, written))).toEqual(ofPeer(peer.decode(written)));
});

test('large byte fields are right and lie on multiples of four, wherever the file has them', () => {
  const large = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
  const sizes = [4095, 4096, 4097, 5000];
  for (let before = 0; before < 4; before++) {
    const message = { s: 'x'.repeat(before), b: large, bs: sizes.map((size) => large.subarray(0, size)) };
    const got = decode(types.All, new Uint8Array(encode(types.All, message))) as typeof message;
    expect(got.s).toBe(message.s);
    for (const [i, expected] of [large, ...message.bs].entries()) {
      const read = [got.b, ...got.bs][i]!;
      expect(Buffer.compare(read, expected)).toBe(0);
      if (expected.length >= 4096) expect(read.byteOffset % 4).toBe(0);
    }
  }
});

test('numbers of lists may come one by one, packed, or both', () => {
  const numbers = { i32s: [1, -2, 300], fs: [0.5, 2], i64s: [5] };
  const loose = peerUnpacked.encode(numbers).finish();
  expect(plain(decode(types.All, loose))).toEqual(numbers);
  const both = Buffer.concat([loose, encode(types.All, { i32s: [7, 8] })]);
  expect(plain(decode(types.All, both))).toMatchObject({ i32s: [1, -2, 300, 7, 8] });
  const floats = Buffer.concat([encode(types.All, { fs: [3] }), loose, encode(types.All, { fs: [4, 5] })]);
  expect(plain(decode(types.All, floats))).toMatchObject({ fs: [3, 0.5, 2, 4, 5] });
});

test('absent fields read as their defaults and are not present', () => {
  const empty = decode(types.All, bytes()) as typeof sample;
  expect([empty.i32, empty.s, empty.sub, [...empty.i32s], [...empty.b]]).toEqual([0, '', null, [], []]);
  expect(Object.keys(empty)).toEqual([]);
});

test('unknown fields, fields of another wire type and groups are skipped', () => {
  const unknown = [
    [0x80 | 0x20, 0x06, 0x96, 0x01], // field 100, varint
    [0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8], // 64 bits
    [0xa2, 0x06, 3, 1, 2, 3], // bytes
    [0xa5, 0x06, 1, 2, 3, 4], // 32 bits
    [0xa3, 0x06, 0x08, 0x01, 0x0b, 0x0c, 0xa4, 0x06], // a group with a varint and another group
    [0x0a, 2, 1, 2], // field 1 as bytes
    [0x35, 1, 2, 3, 4], // field 6 as 32 bits
  ];
  for (const field of unknown) expect(plain(decode(types.All, bytes(...field, 0x08, 7)))).toEqual({ i32: 7 });
});

test.each([
  ['a field longer than the bytes', [0x3a, 5, 1]],
  ['a field longer than its message', [0x42, 2, 0x3a, 5, 1, 2, 3, 4, 5]],
  ['a number longer than its message', [0x42, 2, 0x08, 0x80, 0x01]],
  ['a number without end', [0x08, 0x80, 0x80]],
  ['a number of eleven bytes', [0x08, ...Array(10).fill(0x80), 0]],
  ['a wide number of eleven bytes', [0x10, ...Array(10).fill(0x80), 0]],
  ['a cut float', [0x25, 0, 0]],
  ['a packed list that ends inside a number', [0x62, 3, 0, 0, 0, 0]],
  ['field number 0', [0x00, 0]],
  ['a wire type that does not exist', [0x0e, 0]],
  ['the end of a group that did not begin', [0x0c]],
  ['a group that does not end', [0xa3, 0x06, 0x08, 0x01]],
  ['a group that ends as another', [0xa3, 0x06, 0xac, 0x06]],
  ['an unknown field that is cut off', [0xa1, 0x06, 1, 2]],
])('%s is refused', (_, wrong) => {
  expect(() => decode(types.All, bytes(...(wrong as number[])))).toThrow(RangeError);
});

test('messages in messages without end are refused', () => {
  let nested = bytes();
  for (let i = 0; i < 101; i++)
    nested = Buffer.concat([
      bytes(0x42, nested.length < 128 ? nested.length : 0x80 | (nested.length & 127)),
      nested.length < 128 ? bytes() : bytes(nested.length >> 7),
      nested,
    ]);
  expect(() => decode(types.All, nested)).toThrow(/nested/);
  const groups = Buffer.alloc(500, 0x0b);
  expect(() => decode(types.All, groups)).toThrow(/nested/);
});

test('every truncation of a model is read or refused, never anything else', () => {
  const model = readFileSync(npmModels.find((path) => path.includes('hey_mycroft'))!).subarray(0, 1200);
  for (let size = 0; size < model.length; size++)
    try {
      decode(types.All, model.subarray(0, size));
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
});
