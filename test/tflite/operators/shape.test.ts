// UNPACK, SPLIT_V, GATHER, MIRROR_PAD and CAST on small tensors.
import { f32 } from '../../../lib/tensor/tensor.js';
import { floats, ints, runOperator, runTflite } from '../../helpers/run-tflite.js';
import { type FileOperator, type FileTensor, int8, int32 } from '../../helpers/tflite-file.js';

const dims = [2, 3];
const data = [...floats(dims)];
const at = (...indices: readonly number[]): number[] => indices.map((i) => data[i]);

/** Values of several outputs of one operator on x. */
function outputsOf(
  operator: Omit<FileOperator, 'outputs'>,
  outputs: Readonly<Record<string, FileTensor>>,
  constants: Readonly<Record<string, FileTensor>> = {},
): readonly (readonly number[])[] {
  const names = Object.keys(outputs);
  const file = {
    inputs: ['x'],
    outputs: names,
    tensors: { x: { dims }, ...outputs, ...constants },
    operators: [{ ...operator, outputs: names }],
  };
  return runTflite(file, { x: f32(dims, data) });
}

test('UNPACK gives a tensor for every slice', () => {
  const row = { dims: [2] };
  const operator = { kind: 'UNPACK', inputs: ['x'], options: { 0: int32(3), 1: int32(-1) } };
  expect(outputsOf(operator, { a: row, b: row, c: row })).toEqual([at(0, 3), at(1, 4), at(2, 5)]);
});

test('SPLIT_V gives parts of different sizes', () => {
  const operator = { kind: 'SPLIT_V', inputs: ['x', 'sizes', 'axis'] };
  const parts = { a: { dims: [2, 1] }, b: { dims: [2, 2] } };
  expect(outputsOf(operator, parts, { sizes: ints(1, -1), axis: ints(1) })).toEqual([
    at(0, 3),
    at(1, 2, 4, 5),
  ]);
});

test('GATHER picks along an axis', () => {
  const operator = { kind: 'GATHER', inputs: ['x', 'i'], options: { 0: int32(1) } };
  expect(runOperator(dims, [2, 2], operator, { i: ints(2, 0) })).toEqual(at(2, 0, 5, 3));
});

test('MIRROR_PAD reflects without the border', () => {
  const pads: FileTensor = { dims: [2, 2], type: 'int32', data: Int32Array.of(0, 0, 2, 1) };
  const operator = { kind: 'MIRROR_PAD', inputs: ['x', 'pads'], options: { 0: int8(0) } };
  expect(runOperator(dims, [2, 6], operator, { pads })).toEqual(at(2, 1, 0, 1, 2, 1, 5, 4, 3, 4, 5, 4));
});

test('CAST truncates to integers', () => {
  const [y] = outputsOf({ kind: 'CAST', inputs: ['x'] }, { y: { dims, type: 'int32' } });
  expect(y).toEqual(data.map((v) => Math.trunc(v) + 0));
});
