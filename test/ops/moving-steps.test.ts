// Operators that choose, place and tell elements: natively, byte for byte what their references give.
import { attr } from '../../lib/graph/attribute.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers, i64, type TensorValue } from '../../lib/tensor/tensor.js';
import { expectNativeBytes as check, runNatively, scheduleOf } from '../helpers/native-like-reference.js';
import { noise } from '../helpers/run-reference.js';

/** Of every element size, and of both meanings of a byte. */
const types: readonly DType[] = ['float32', 'float64', 'float16', 'int64', 'int32', 'uint8', 'int8', 'bool'];
const of = (dtype: DType, dims: readonly number[], seed = 1) =>
  noise(dtype, dims, seed, dtype === 'bool' ? [0, 1] : [-100, 100]);

test('IsNaN and IsInf', () => {
  const x = f32([2, 3], [Number.NaN, Infinity, -Infinity, 1, -0, 1e-45]);
  check({ op: 'IsNaN', inputs: [x] });
  for (const detect_negative of [0, 1].map(attr.int))
    for (const detect_positive of [0, 1].map(attr.int))
      check({ op: 'IsInf', attributes: { detect_negative, detect_positive }, inputs: [x] });
  for (const dims of [[], [1], [20011]]) check({ op: 'IsNaN', inputs: [of('float32', dims)] });
});

test.each([
  [3, 4],
  [5, 3],
  [1, 1],
  [1, 7],
])('EyeLike of [%d,%d]', (...dims) => {
  for (const k of [-9, -2, -1, 0, 1, 3, 9])
    for (const dtype of [1, 2, 3, 6, 7, 9, 10, 11])
      check({
        op: 'EyeLike',
        attributes: { k: attr.int(k), dtype: attr.int(dtype) },
        inputs: [of('float32', dims)],
      });
});

test.each(types)('Compress of %s by a constant', (dtype) => {
  const inputs = [of(dtype, [3, 4, 5]), fromNumbers('bool', [3], [1, 0, 1])];
  for (const axis of [0, 1, 2]) check({ op: 'Compress', attributes: { axis: attr.int(axis) }, inputs });
  check({ op: 'Compress', inputs });
  expect(scheduleOf({ op: 'Compress', inputs, fed: [0, 1] })).toEqual([]);
});

/** Indices into `n` places, from both ends. */
const into = (n: number, dims: readonly number[], seed = 1) => noise('int64', dims, seed, [-n, n - 1]);
/** Tuples of coordinates, dims before the last of them. */
function tuples(dims: readonly number[], sizes: readonly number[], seed = 1): TensorValue {
  const size = dims.reduce((a, b) => a * b, 1);
  const columns = sizes.map((n, i) => into(n, [size], seed + i).data);
  return i64(
    Array.from({ length: size * sizes.length }, (_, k) =>
      Number(columns[k % sizes.length]![Math.floor(k / sizes.length)]),
    ),
    [...dims, sizes.length],
  );
}

/** Shapes of the data and of indices that reach no further but along one axis. */
const alongAxis: readonly (readonly [readonly number[], readonly number[], number])[] = [
  [[7], [11], 0],
  [[3, 4], [3, 6], 1],
  [[3, 4], [5, 4], 0],
  [[4, 5, 3], [2, 9, 3], 1],
  [[4, 5, 3], [4, 2, 1], 1],
  [[4, 5, 3], [3, 4, 2], 2],
  [[4, 5, 3], [1, 1, 1], 0],
  [[2, 1, 3, 1], [2, 4, 3, 1], 1],
  [[4, 5, 3], [4, 0, 3], 1],
  [[1, 128, 257], [1, 64, 257], 1],
  [[67, 300], [67, 301], 1],
];

test.each(alongAxis)('GatherElements and ScatterElements of %j at %j along axis %d', (dims, at, axis) => {
  const attributes = { axis: attr.int(axis) };
  const indices = into(dims[axis]!, at);
  const narrow = fromNumbers('int32', at, Array.from(indices.data, Number));
  for (const dtype of types) {
    const [x, updates] = [of(dtype, dims), of(dtype, at, 3)];
    check({ op: 'GatherElements', attributes, inputs: [x, indices], fed: [0, 1] });
    check({ op: 'ScatterElements', attributes, inputs: [x, indices, updates], fed: [0, 1, 2] });
  }
  check({ op: 'GatherElements', attributes, inputs: [of('float32', dims), narrow] });
  check({ op: 'ScatterElements', attributes, inputs: [of('float32', dims), narrow, of('float32', at, 3)] });
});

test.each([
  [[5, 3, 4], [7], 1, 0],
  [[5, 3, 4], [2, 3], 2, 0],
  [[5, 3, 4], [6], 3, 0],
  [[5, 3, 4], [5, 2], 1, 1],
  [[5, 3, 4], [5, 3, 4], 1, 2],
  [[2, 3, 4, 300], [2, 50], 2, 1],
  [[5, 3, 4], [0], 2, 0],
  [[1], [1], 1, 0],
])('GatherND of %j at %j tuples of %d after %d batch dims', (dims, at, length, batch) => {
  const indices = tuples(at, dims.slice(batch, batch + length));
  for (const dtype of types)
    check({
      op: 'GatherND',
      attributes: { batch_dims: attr.int(batch) },
      inputs: [of(dtype, dims), indices],
      fed: [0, 1],
    });
});

test.each([
  [[5, 3, 4], [7], 1],
  [[5, 3, 4], [2, 3], 2],
  [[5, 3, 4], [60], 3],
  [[9, 700], [30], 1],
  [[5, 3, 4], [0], 2],
])('ScatterND of %j at %j tuples of %d', (dims, at, length) => {
  const indices = tuples(at, dims.slice(0, length));
  for (const dtype of types) {
    const inputs = [of(dtype, dims), indices, of(dtype, [...at, ...dims.slice(length)], 3)];
    for (const fed of [
      [0, 1, 2],
      [1, 2],
    ])
      check({ op: 'ScatterND', inputs, fed });
  }
});

test('ScatterElements of nothing into a constant', () => {
  const inputs = [of('float32', [3, 2]), i64([], [0, 2]), of('float32', [0, 2])];
  check({ op: 'ScatterElements', inputs, fed: [1, 2] });
});

describe.each(['add', 'mul', 'max', 'min'])('scatters with %s', (reduction) => {
  const steps: readonly DType[] =
    reduction === 'add' || reduction === 'mul'
      ? ['float32', 'int32', 'int64', 'uint8', 'uint32', 'uint64']
      : ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'];
  test.each(steps)('of %s: many updates of one place, in order', (dtype) => {
    const [data, many] = [of(dtype, [3, 300]), of(dtype, [3, 900], 3)];
    const elements = { reduction: attr.string(reduction), axis: attr.int(1) };
    check({
      op: 'ScatterElements',
      attributes: elements,
      inputs: [data, into(300, [3, 900]), many],
      fed: [0, 1, 2],
    });
    const rows = of(dtype, [20, 300], 3);
    const attributes = { reduction: attr.string(reduction) };
    check({ op: 'ScatterND', attributes, inputs: [data, tuples([20], [3]), rows], fed: [0, 1, 2] });
  });
  test('of other types run by their reference', () => {
    const inputs = [of('float64', [3]), i64([0, 2]), of('float64', [2])];
    const one = { op: 'ScatterElements', attributes: { reduction: attr.string(reduction) }, inputs };
    expect(scheduleOf(one)).toEqual(['host']);
  });
});

test('sums and products of scattered integers keep their low bits', () => {
  for (const [dtype, large] of [
    ['int32', 2 ** 31 - 1],
    ['uint8', 255],
  ] as const)
    for (const reduction of ['add', 'mul'])
      check({
        op: 'ScatterElements',
        attributes: { reduction: attr.string(reduction) },
        inputs: [fromNumbers(dtype, [1], [large]), i64([0, 0]), fromNumbers(dtype, [2], [large, large])],
      });
});

describe('indices out of range', () => {
  const x = f32([2, 3], [1, 2, 3, 4, 5, 6]);
  const wide = i64([5, -9], [2, 1]);
  test.each([
    ['Gather', { axis: attr.int(1) }, [x, i64([5, -9])]],
    ['GatherElements', { axis: attr.int(1) }, [x, wide]],
    ['GatherND', {}, [x, wide]],
    ['ScatterElements', { axis: attr.int(1) }, [x, wide, f32([2, 1], [7, 8])]],
    ['ScatterND', {}, [x, wide, f32([2, 3], [7, 7, 7, 8, 8, 8])]],
    ['ReverseSequence', {}, [f32([3, 2], [1, 2, 3, 4, 5, 6]), i64([9, -9])]],
  ])('%s: an error, whether they are constants or fed', (op, attributes, inputs) => {
    for (const fed of [[0], [0, 1]])
      expect(() => runNatively({ op, attributes, inputs, fed })).toThrow(
        expect.objectContaining({ code: 'KPT_DATA_MALFORMED' }),
      );
  });
});

describe('OneHot', () => {
  const depths = [0, 1, 5];
  test.each(types)('of values of %s', (dtype) => {
    const values = fromNumbers(dtype, [2], dtype === 'bool' ? [0, 1] : [3, 7]);
    for (const depth of depths)
      for (const axis of [0, 1, 2, -1]) {
        const inputs = [noise('int64', [3, 17], 1, [-7, 7]), i64([depth], []), values];
        check({ op: 'OneHot', attributes: { axis: attr.int(axis) }, inputs, fed: [0, 2] });
      }
  });
  test.each<DType>(['int32', 'uint8', 'float32'])('at indices of %s', (dtype) => {
    const inputs = [
      noise(dtype, [40], 1, dtype === 'uint8' ? [0, 9] : [-9, 9]),
      i64([5], []),
      f32([2], [0, 1]),
    ];
    check({ op: 'OneHot', inputs });
  });
  test('at floats between places and beyond all', () => {
    const odd = [-0.5, -4.5, -5, -5.5, -6, 0.9, 4.9, 5, 1e30, -1e30, Infinity, -Infinity, Number.NaN];
    check({ op: 'OneHot', inputs: [f32([odd.length], odd), i64([5], []), f32([2], [0, 1])] });
  });
});

test.each(types)('Trilu of %s', (dtype) => {
  for (const dims of [
    [3, 4],
    [2, 5, 3],
    [1, 1],
    [2, 3, 37, 41],
  ])
    for (const upper of [0, 1])
      for (const k of [-50, -2, 0, 1, 4, 50])
        check({
          op: 'Trilu',
          attributes: { upper: attr.int(upper) },
          inputs: [of(dtype, dims), i64([k], [])],
        });
  check({ op: 'Trilu', inputs: [of(dtype, [7, 7])] });
});

test.each(types)('ReverseSequence of %s', (dtype) => {
  for (const [dims, batch] of [
    [[4, 3], 1],
    [[4, 3, 5], 1],
    [[4, 3, 5], 0],
    [[61, 2, 3, 33], 1],
    [[1, 1], 0],
  ] as const) {
    const [count, times] = [dims[batch], dims[1 - batch]];
    const inputs = [of(dtype, dims), noise('int64', [count], 3, [0, times])];
    const attributes = { batch_axis: attr.int(batch), time_axis: attr.int(1 - batch) };
    check({ op: 'ReverseSequence', attributes, inputs, fed: [0, 1] });
  }
});

test.each([0, 1, 2, -1])('Hardmax along %d', (axis) => {
  const attributes = { axis: attr.int(axis) };
  check({ op: 'Hardmax', attributes, inputs: [noise('float32', [3, 67, 5])] });
  // Equal ones, and NaN that is the first of its row or not.
  const odd = [Number.NaN, 1, 2, 3, Number.NaN, 3, -Infinity, -Infinity, -Infinity, 0, -0, 0];
  check({ op: 'Hardmax', attributes, inputs: [f32([2, 2, 3], odd)] });
  check({
    op: 'Hardmax',
    attributes: { axis: attr.int(1) },
    inputs: [noise('float32', [9, 100], 1, [0, 3])],
  });
});

test('the first and the last of equal ones, in long lines and columns', () => {
  const x = fromNumbers(
    'float32',
    [4, 75],
    Array.from({ length: 300 }, (_, i) => (i === 75 || i === 155 ? Number.NaN : (i * i) % 5)),
  );
  for (const op of ['ArgMax', 'ArgMin'])
    for (const axis of [0, 1])
      for (const select_last_index of [0, 1].map(attr.int))
        check({ op, attributes: { axis: attr.int(axis), select_last_index }, inputs: [x] });
});
