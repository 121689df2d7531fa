// Operators that opsets 23 to 26 added besides Attention, and integer operators of com.microsoft that have no float twin.
import { attr } from '../../lib/graph/attribute.js';
import { f32, i64, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import {
  expectNativeBytes,
  expectNativeLikeReference,
  runNatively,
} from '../helpers/native-like-reference.js';
import { expectLikeOrt, infer, noise, reference } from '../helpers/run-reference.js';

const float = (dims: readonly number[], seed = 1): TensorValue => noise('float32', dims, seed);
const byte = (v: number): TensorValue => tensor('uint8', [], Uint8Array.of(v));
const domain = 'com.microsoft';

test.each([
  [-1, [8]],
  [1, [3, 8]],
  [-1, [1]],
])('RMSNormalization, axis %d, scale %p', async (axis, dims) => {
  const inputs = [float([2, 3, 8]), float(dims, 2)];
  const one = { op: 'RMSNormalization', inputs, attributes: { axis: attr.int(axis) } };
  await expectLikeOrt({ ...one, opset: 23 }, 2e-6);
  await expectNativeLikeReference({ ...one, fed: [0, 1] });
});

test.each([
  ['linear', [0, 2]],
  ['circular', [3, 1]],
] as const)('TensorScatter, %s', async (mode, at) => {
  const inputs = [float([2, 3, 4, 5]), float([2, 3, 2, 5], 2), i64(at)];
  const attributes = { mode: attr.string(mode), axis: attr.int(2) };
  await expectLikeOrt({ op: 'TensorScatter', inputs, attributes, opset: 24 }, 0);
});

test.each(['float32', 'int8', 'int64', 'float16'] as const)('TensorScatter of %s natively', (dtype) => {
  const whole = (dims: readonly number[], seed: number) => noise(dtype, dims, seed, [-90, 90]);
  for (const mode of ['linear', 'circular'])
    for (const axis of [1, 2, -1])
      for (const written of [0, 1, 2]) {
        const attributes = { mode: attr.string(mode), axis: attr.int(axis) };
        const update = [2, 3, 4, 5].with(axis, written);
        const inputs = [whole([2, 3, 4, 5], 1), whole(update, 2), i64([1, mode === 'linear' ? 0 : 11])];
        for (const fed of [[0], [0, 1, 2]])
          expectNativeBytes({ op: 'TensorScatter', inputs, attributes, opset: 24, fed });
        expectNativeBytes({ op: 'TensorScatter', inputs: inputs.slice(0, 2), attributes, opset: 24 });
      }
});

test.each([
  ['linear', -1],
  ['linear', 3],
  ['circular', -1],
])('TensorScatter, %s: a start of %d ends the run as the reference does', (mode, at) => {
  const inputs = [float([1, 4, 2]), float([1, 2, 2], 2), i64([at])];
  const one = { op: 'TensorScatter', attributes: { mode: attr.string(mode) }, inputs, opset: 24 };
  const said = expect.objectContaining({
    code: 'KPT_DATA_MALFORMED',
    message: expect.stringContaining(mode === 'linear' ? 'a start in [0,2]' : 'a start of 0 or more'),
  });
  expect(() => reference(one)).toThrow(said);
  for (const fed of [[0], [0, 1, 2]]) expect(() => runNatively({ ...one, fed })).toThrow(said);
});

test('TensorScatter starts at 0 and does not write past the end', () => {
  const [past, update] = [f32([1, 3, 1], [1, 2, 3]), f32([1, 2, 1], [7, 8])];
  expect([...reference({ op: 'TensorScatter', inputs: [past, update] })[0].data]).toEqual([7, 8, 3]);
  expect(() => reference({ op: 'TensorScatter', inputs: [past, update, i64([2])] })).toThrow('in [0,1]');
  expect(() => infer({ op: 'TensorScatter', inputs: [past, f32([1, 4, 1], [0, 0, 0, 0])] })).toThrow(
    'axis 1',
  );
});

test('CumProd', () => {
  const run = (exclusive: number, reverse: number, x = f32([2, 3], [1, 2, 3, 4, 5, 6])) => [
    ...reference({
      op: 'CumProd',
      inputs: [x, tensor('int64', [], BigInt64Array.of(1n))],
      attributes: { exclusive: attr.int(exclusive), reverse: attr.int(reverse) },
    })[0].data,
  ];
  expect(run(0, 0)).toEqual([1, 2, 6, 4, 20, 120]);
  expect(run(1, 0)).toEqual([1, 1, 2, 1, 4, 20]);
  expect(run(0, 1)).toEqual([6, 6, 3, 120, 30, 6]);
  expect(run(1, 1)).toEqual([6, 3, 1, 30, 6, 1]);
  const big = tensor('int32', [1, 3], Int32Array.of(-65536, 65536, 3));
  expect(run(0, 0, big)).toEqual([-65536, 0, 0]);
});

test('BitCast', () => {
  const cast = (x: TensorValue, to: number) =>
    reference({ op: 'BitCast', inputs: [x], attributes: { to: attr.int(to) } })[0];
  const bits = cast(f32([3], [1, -0, Number.NaN]), 6);
  expect([bits.dtype, ...bits.data]).toEqual(['int32', 0x3f800000, -0x80000000, 0x7fc00000]);
  expect([...cast(bits, 1).data]).toEqual([1, -0, Number.NaN]);
  expect([...cast(tensor('uint8', [2], Uint8Array.of(255, 3)), 3).data]).toEqual([-1, 3]);
  expect([...cast(tensor('int4', [2], Int8Array.of(-1, 3)), 21).data]).toEqual([15, 3]);
  expect([...cast(tensor('uint4', [2], Uint8Array.of(15, 3)), 22).data]).toEqual([-1, 3]);
  expect([...cast(tensor('int64', [1], BigInt64Array.of(-1n)), 13).data]).toEqual([2n ** 64n - 1n]);
  expect(() => cast(bits, 7)).toThrow();
  expect(() => infer({ op: 'BitCast', inputs: [bits], attributes: { to: attr.int(7) } })).toThrow('as wide');
});

test.each(['uint8', 'int8'] as const)('NhwcMaxPool of %s', async (dtype) => {
  const attributes = {
    kernel_shape: attr.ints([3, 2]),
    strides: attr.ints([2, 1]),
    pads: attr.ints([1, 0, 1, 1]),
  };
  const one = { op: 'NhwcMaxPool', domain, inputs: [noise(dtype, [2, 7, 5, 3])], attributes };
  await expectLikeOrt(one, 0);
  await expectNativeLikeReference(one);
});

test.each([
  [[2, 3], 1],
  [[1], 0],
])('QLinearReduceMean over %p, keepdims %d', async (axes, keep) => {
  const x = noise('uint8', [2, 3, 5, 7]);
  const inputs = [x, f32([], [0.02]), byte(120), f32([], [0.022]), byte(128)];
  const attributes = { axes: attr.ints(axes), keepdims: attr.int(keep) };
  const one = { op: 'QLinearReduceMean', domain, inputs, attributes };
  const real = f32(
    x.dims,
    toNumbers(x).map((v) => (v - 120) * 0.02),
  );
  const [mean] = reference({
    op: 'ReduceMean',
    inputs: [real, i64(axes)],
    attributes: { keepdims: attr.int(keep) },
  });
  const [y] = reference(one);
  expect(y.dims).toEqual(mean.dims);
  toNumbers(y).forEach((v, i) => {
    expect(Math.abs((v - 128) * 0.022 - toNumbers(mean)[i])).toBeLessThan(0.0111);
  });
  await expectNativeLikeReference(one);
});

test('QLinearWhere', async () => {
  const condition = tensor('bool', [3, 1], Uint8Array.of(1, 0, 1));
  const side = (seed: number, scale: number, zero: number) => [
    noise('uint8', [3, 5], seed),
    f32([], [scale]),
    byte(zero),
  ];
  const inputs = [condition, ...side(1, 0.02, 10), ...side(2, 0.03, 100), f32([], [0.04]), byte(90)];
  await expectLikeOrt({ op: 'QLinearWhere', domain, inputs }, 1);
  const wanted = reference({ op: 'QLinearWhere', domain, inputs })[0].data[0] as number;
  const x = ((inputs[1].data[0] as number) - 10) * 0.02;
  expect(wanted).toBe(Math.min(255, Math.max(0, Math.round(x / 0.04) + 90)));
});
