// Messages come back from the wire as they were written, in this reader and in protobufjs.
import { readFileSync } from 'node:fs';
import { decodeModel, encodeModel } from '../../lib/onnx/schema.js';
import { messageTypes } from '../../lib/onnx/wire.js';
import { encode } from '../../lib/onnx/wire-writer.js';
import { npmModels } from '../helpers/npm-models.js';

const types = messageTypes({ Number: { 1: 'value int64', 2: 'values int64*', 16: 'text string' } });

test.each([
  [0, [8, 0]],
  [127, [8, 127]],
  [128, [8, 0x80, 1]],
  [2 ** 32, [8, 0x80, 0x80, 0x80, 0x80, 0x10]],
  [-1, [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
  [{ low: 0, high: -2147483648 }, [8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
])('%p is written as the format says', (value, wire) => {
  expect([...encode(types.Number, { value })]).toEqual(wire);
});

test('lists are packed, empty and absent ones left out, field numbers may take two bytes', () => {
  expect([...encode(types.Number, { values: [1, 128] })]).toEqual([0x12, 3, 1, 0x80, 1]);
  expect([...encode(types.Number, { values: [], text: undefined, value: null })]).toEqual([]);
  expect([...encode(types.Number, { text: 'é' })]).toEqual([0x82, 0x01, 2, 0xc3, 0xa9]);
});

test.each(npmModels.map((path) => [path.replace(/.*\//, ''), path]))(
  '%s is the same after a round',
  (_, path) => {
    const model = decodeModel(readFileSync(path));
    expect(decodeModel(encodeModel(model))).toEqual(model);
  },
);
