// Resize against onnxruntime over modes, coordinates and sizes.
import { attr } from '../../lib/graph/attribute.js';
import { f32, fromNumbers, i64, tensor } from '../../lib/tensor/tensor.js';
import { runNatively } from '../helpers/native-like-reference.js';
import { expectLikeOrt, infer, noise, reference } from '../helpers/run-reference.js';

const coordinates = [
  'half_pixel',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'half_pixel_symmetric',
];
const factors = [
  [2, 2],
  [1.5, 0.65],
  [0.5, 3],
  [1, 2.3],
];

const modes = coordinates.flatMap((c) => ['nearest', 'linear', 'cubic'].map((m) => [m, c] as const));

test.each(modes)('%s, %s', async (mode, coordinate) => {
  const attributes = { mode: attr.string(mode), coordinate_transformation_mode: attr.string(coordinate) };
  const x = noise('float32', [2, 3, 5, 7]);
  for (const [h, w] of factors)
    await expectLikeOrt(
      { op: 'Resize', opset: 19, attributes, inputs: [x, null, f32([4], [1, 1, h, w])] },
      1e-5,
    );
  await expectLikeOrt(
    { op: 'Resize', opset: 19, attributes, inputs: [x, null, null, i64([2, 3, 11, 4])] },
    1e-5,
  );
});

test.each(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'])(
  'nearest mode %s',
  async (nearest) => {
    const attributes = { nearest_mode: attr.string(nearest) };
    for (const [h, w] of factors)
      await expectLikeOrt(
        { op: 'Resize', attributes, inputs: [noise('uint8', [1, 2, 6, 5]), null, f32([4], [1, 1, h, w])] },
        0,
      );
  },
);

test('cubic with exclude_outside', async () => {
  const attributes = {
    mode: attr.string('cubic'),
    exclude_outside: attr.int(1),
    cubic_coeff_a: attr.float(-0.5),
  };
  await expectLikeOrt(
    { op: 'Resize', attributes, inputs: [noise('float32', [1, 1, 4, 5]), null, f32([4], [1, 1, 1.7, 0.8])] },
    1e-5,
  );
});

const antialiased = ['linear', 'cubic'].flatMap((mode) => [0, 1].map((exclude) => [mode, exclude] as const));

test.each(antialiased)('antialiased %s, exclude_outside %d', async (mode, exclude) => {
  const attributes = { mode: attr.string(mode), antialias: attr.int(1), exclude_outside: attr.int(exclude) };
  for (const [h, w] of [
    [0.4, 0.6],
    [0.5, 0.75],
    [0.3, 2],
  ] as const)
    await expectLikeOrt(
      {
        op: 'Resize',
        attributes,
        inputs: [noise('float32', [1, 2, 12, 13]), null, f32([4], [1, 1, h, w])],
      },
      1e-5,
    );
});

// The examples of the specification.
test.each([
  ['linear', [2.875, 4.5, 9.375, 11]],
  ['cubic', [2.5180721, 4.2858863, 9.589329, 11.357142]],
])('antialiased %s reaches beyond the borders', (mode, wanted) => {
  const x = f32(
    [1, 1, 4, 4],
    Array.from({ length: 16 }, (_, i) => i + 1),
  );
  const [y] = reference({
    op: 'Resize',
    attributes: { mode: attr.string(mode), antialias: attr.int(1) },
    inputs: [x, null, f32([4], [1, 1, 0.6, 0.6])],
  });
  Array.from(y.data as Float32Array).forEach((v, i) => {
    expect(v).toBeCloseTo(wanted[i]!, 5);
  });
});

test('crop and resize', async () => {
  const attributes = {
    mode: attr.string('linear'),
    coordinate_transformation_mode: attr.string('tf_crop_and_resize'),
    extrapolation_value: attr.float(9),
  };
  const roi = f32([8], [0, 0, 0.2, -0.3, 1, 1, 0.9, 1.2]);
  await expectLikeOrt(
    { op: 'Resize', attributes, inputs: [noise('float32', [1, 1, 6, 7]), roi, null, i64([1, 1, 5, 8])] },
    1e-5,
  );
});

test.each(['uint8', 'int8'] as const)('linear of %s is within one step', async (dtype) => {
  const attributes = { mode: attr.string('linear') };
  await expectLikeOrt(
    { op: 'Resize', attributes, inputs: [noise(dtype, [1, 2, 5, 7]), null, f32([4], [1, 1, 2, 1.5])] },
    1,
  );
});

test.each(['stretch', 'not_larger', 'not_smaller'])('axes and policy %s', async (policy) => {
  const attributes = {
    axes: attr.ints([2, 3]),
    keep_aspect_ratio_policy: attr.string(policy),
    mode: attr.string('linear'),
  };
  await expectLikeOrt(
    { op: 'Resize', attributes, inputs: [noise('float32', [1, 2, 6, 5]), null, null, i64([9, 12])] },
    1e-5,
  );
});

test('one and three spatial axes', async () => {
  await expectLikeOrt(
    {
      op: 'Resize',
      attributes: { mode: attr.string('linear') },
      inputs: [noise('float32', [2, 3, 7]), null, f32([3], [1, 1, 1.5])],
    },
    1e-5,
  );
  const [y] = reference({
    op: 'Resize',
    inputs: [noise('float32', [1, 2, 2, 3, 2]), null, f32([5], [1, 1, 2, 2, 2])],
  });
  expect(y.dims).toEqual([1, 2, 4, 6, 4]);
});

test.each([
  [
    [1, 3, 2, 2],
    [1, 1, 0.25, 1],
    [1, 3, 0, 2],
  ],
  [
    [0, 3, 2, 2],
    [1, 1, 2, 2],
    [0, 3, 4, 4],
  ],
  [
    [1, 3, 2, 0],
    [1, 1, 2, 2],
    [1, 3, 4, 0],
  ],
  [
    [3, 1, 2],
    [3, 0.5, 2],
    [9, 0, 4],
  ],
])('[%s] scaled by [%s] has no elements', async (dims, scales, wanted) => {
  for (const mode of ['nearest', 'linear', 'cubic']) {
    const one = {
      op: 'Resize',
      attributes: { mode: attr.string(mode) },
      inputs: [noise('float32', dims), null, f32([scales.length], scales)],
    };
    // onnxruntime has no cubic resampling of three axes.
    if (mode !== 'cubic' || dims.length === 4) await expectLikeOrt(one, 0);
    // Also by the reference, where scales are only known at run time.
    for (const fed of [[0], [0, 2]]) expect(runNatively({ ...one, fed }).dims).toEqual(wanted);
  }
});

describe('integers that float32 does not hold', () => {
  const large = [16777217, 123456789, 2147483647, -16777219, 5, -123456787];
  const nearest = {
    coordinate_transformation_mode: attr.string('asymmetric'),
    nearest_mode: attr.string('floor'),
  };
  test('nearest of int32 like onnxruntime, of any rank', async () => {
    for (const dims of [[6], [1, 1, 2, 3], [2, 1, 3]])
      for (const factor of [1, 1.5, 2]) {
        const scales = f32(
          [dims.length],
          dims.map((_, i) => (i < dims.length - 2 ? 1 : factor)),
        );
        const x = fromNumbers('int32', dims, large);
        await expectLikeOrt({ op: 'Resize', attributes: nearest, inputs: [x, null, scales] }, 0);
      }
  });
  test.each(['int64', 'uint64', 'uint32', 'float64', 'float16'] as const)('nearest of %s', (dtype) => {
    const x = fromNumbers(dtype, [1, 2, 1, 3], large.map(Math.abs));
    if (dtype.endsWith('int64')) (x.data as BigInt64Array)[1] = 2n ** 62n + 1n;
    const scales = f32([4], [1, 1, 1, 2]);
    const [y] = reference({ op: 'Resize', attributes: nearest, inputs: [x, null, scales] });
    expect([...y.data]).toEqual([...(x.data as Int32Array)].flatMap((v) => [v, v]));
  });
  test('cropped to values that are given', async () => {
    const attributes = {
      coordinate_transformation_mode: attr.string('tf_crop_and_resize'),
      extrapolation_value: attr.float(9),
    };
    const x = fromNumbers('int32', [1, 1, 2, 3], large);
    const roi = f32([8], [0, 0, -0.6, -0.3, 1, 1, 0.9, 1.2]);
    await expectLikeOrt({ op: 'Resize', attributes, inputs: [x, roi, null, i64([1, 1, 4, 5])] }, 0);
  });
  test('linear keeps the low bits', () => {
    const x = fromNumbers('int32', [1, 1, 1, 2], [123456789, 123456789]);
    const attributes = { mode: attr.string('linear') };
    const [y] = reference({ op: 'Resize', attributes, inputs: [x, null, f32([4], [1, 1, 1, 2])] });
    expect([...y.data]).toEqual([123456789, 123456789, 123456789, 123456789]);
  });
  test('linear of smaller ones is like onnxruntime', async () => {
    const attributes = { mode: attr.string('linear') };
    const x = noise('int32', [1, 2, 5, 7], 3, [-1000, 1000]);
    for (const [h, w] of factors)
      await expectLikeOrt({ op: 'Resize', attributes, inputs: [x, null, f32([4], [1, 1, h, w])] }, 1);
  });
});

test('an image without elements becomes one of zeros', () => {
  const one = { op: 'Resize', inputs: [noise('float32', [1, 2, 0, 3]), null, null, i64([1, 2, 4, 5])] };
  for (const fed of [[0], [0, 3]]) {
    const y = runNatively({ ...one, fed });
    expect({ dims: y.dims, data: y.data }).toEqual({ dims: [1, 2, 4, 5], data: new Float32Array(40) });
  }
});

test.each(['nearest', 'linear'])('a batch of none by sizes, %s', async (mode) => {
  const x = noise('float32', [0, 2, 3, 4]);
  const attributes = { mode: attr.string(mode) };
  const one = { op: 'Resize', attributes, inputs: [x, null, null, i64([0, 2, 6, 8])] };
  await expectLikeOrt(one, 0);
  expect(runNatively({ ...one, fed: [0] }).dims).toEqual([0, 2, 6, 8]);
});

test.each(['not_larger', 'not_smaller'])('an axis without elements has no say in the ratio, %s', (policy) => {
  const attributes = { keep_aspect_ratio_policy: attr.string(policy) };
  const sizes = i64([0, 2, 3, 8]);
  const [y] = infer({
    op: 'Resize',
    attributes,
    inputs: [noise('float32', [0, 1, 3, 2]), null, null, sizes],
  });
  expect(y.dims).toEqual(policy === 'not_larger' ? [0, 1, 3, 2] : [0, 4, 12, 8]);
});

test('needs scales or sizes, not both', () => {
  const x = noise('float32', [1, 1, 2, 2]);
  const wrong = expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' });
  expect(() => infer({ op: 'Resize', inputs: [x] })).toThrow(wrong);
  expect(() => infer({ op: 'Resize', inputs: [x, null, f32([4], [1, 1, 2, 2]), i64([1, 1, 2, 2])] })).toThrow(
    wrong,
  );
  expect(() => infer({ op: 'Resize', inputs: [x, null, f32([2], [2, 2])] })).toThrow(wrong);
  const empty = tensor('float32', [0], new Float32Array(0));
  expect(infer({ op: 'Resize', inputs: [x, empty, empty, i64([1, 1, 4, 4])] })[0].dims).toEqual([1, 1, 4, 4]);
});
