// Operators that sample, place and cut parts of images.
import { attr } from '../../lib/graph/attribute.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, i64, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import {
  expectNativeBytes,
  expectNativeLikeReference,
  runNatively,
  scheduleOf,
} from '../helpers/native-like-reference.js';
import { expectAgreement, random, referenceOf } from '../helpers/one-node.js';

const paddings = ['zeros', 'border', 'reflection'];

describe.each(['nearest', 'linear', 'cubic'])('GridSample %s', (mode) => {
  test.each(paddings.flatMap((padding) => [0, 1].map((corners) => [padding, corners] as const)))(
    '%s, align_corners %d',
    (padding, corners) =>
      expectAgreement({
        op: 'GridSample',
        opset: 20,
        inputs: [random('float32', [2, 3, 4, 5]), random('float32', [2, 3, 7, 2], 9, 1.7)],
        attributes: {
          mode: attr.string(mode),
          padding_mode: attr.string(padding),
          align_corners: attr.int(corners),
        },
        tolerance: 1e-4,
      }),
  );
});

describe.each([1, 7, 16, 17, 40])('GridSample of %d channels', (channels) => {
  test.each(['nearest', 'linear', 'cubic'])('%s', (mode) =>
    expectAgreement({
      op: 'GridSample',
      opset: 20,
      inputs: [random('float32', [1, channels, 5, 3]), random('float32', [1, 2, 9, 2], 9, 1.3)],
      attributes: { mode: attr.string(mode) },
      tolerance: 1e-4,
    }),
  );
});

test.each(paddings)('GridSample far outside and at no point, %s', (padding) => {
  const grid = [1e30, 0, -1e30, 1e9, Number.NaN, 0, 0, Number.POSITIVE_INFINITY, 3.5, -3.5, 0.25, 1];
  return expectNativeLikeReference({
    op: 'GridSample',
    opset: 20,
    inputs: [random('float32', [1, 4, 3, 5]), f32([1, 3, 2, 2], grid)],
    attributes: { padding_mode: attr.string(padding) },
  });
});

test.each(['int64', 'uint64'] as const)('GridSample of the nearest %s copies it', (dtype) => {
  const bits = BigUint64Array.of(2n ** 53n + 1n, 2n ** 64n - 3n, 5n, 2n ** 62n + 1n);
  const data = dtype === 'int64' ? new BigInt64Array(bits.buffer) : bits;
  const grid = f32([1, 1, 5, 2], [-1, -1, 1, -1, -1, 1, 1, 1, 3, 3]);
  const [y] = referenceOf({
    op: 'GridSample',
    opset: 20,
    inputs: [tensor(dtype, [1, 1, 2, 2], data), grid],
    attributes: { mode: attr.string('nearest'), align_corners: attr.int(1) },
  });
  expect([...y!.data]).toEqual([...data, 0n]);
});

test('GridSample of a volume', () =>
  expectAgreement({
    op: 'GridSample',
    opset: 20,
    inputs: [random('float32', [1, 2, 3, 4, 5]), random('float32', [1, 2, 3, 2, 3], 9, 1.2)],
    tolerance: 1e-5,
  }));

test.each([
  ['avg', 'half_pixel', 2],
  ['avg', 'output_half_pixel', 0],
  ['max', 'half_pixel', 2],
])('RoiAlign %s %s sampling %d', (mode, coordinates, ratio) =>
  expectAgreement({
    op: 'RoiAlign',
    inputs: [
      random('float32', [2, 3, 8, 9]),
      f32([3, 4], [0, 0, 7, 6, 1.5, 2.25, 4, 7.5, 3, 3, 3.2, 3.4]),
      i64([0, 1, 1]),
    ],
    attributes: {
      mode: attr.string(mode),
      coordinate_transformation_mode: attr.string(coordinates),
      sampling_ratio: attr.int(ratio),
      output_height: attr.int(2),
      output_width: attr.int(3),
      spatial_scale: attr.float(0.75),
    },
    tolerance: 1e-5,
  }),
);

describe.each(['avg', 'max'])('RoiAlign %s in the engine', (mode) => {
  const aligned = (channels: number, regions: readonly number[], coordinates: string, ratio: number) => ({
    op: 'RoiAlign',
    inputs: [
      random('float32', [2, channels, 5, 7]),
      f32([regions.length / 4, 4], regions),
      i64(regions.slice(0, regions.length / 4).map((_, i) => i % 2)),
    ],
    attributes: {
      mode: attr.string(mode),
      coordinate_transformation_mode: attr.string(coordinates),
      sampling_ratio: attr.int(ratio),
      output_height: attr.int(3),
      output_width: attr.int(2),
      spatial_scale: attr.float(0.3),
    },
  });
  const inside = [0, 0, 20, 15, 1.5, 2.25, 4, 7.5, 3, 3, 3.2, 3.4];
  // Around the image, from right to left, without area, beside it, and as large as may be.
  const odd = [-9, -9, 40, 30, 14, 12, 3, 2, 6, 6, 6, 6, -90, 0, -50, 9, 0, 0, 400, 400];
  test.each(['half_pixel', 'output_half_pixel'].flatMap((c) => [0, 1, 3].map((r) => [c, r] as const)))(
    'gives the bytes of the reference: %s, sampling %d',
    (coordinates, ratio) => {
      for (const channels of [1, 2, 3, 4, 5, 8, 17])
        expectNativeBytes({ ...aligned(channels, inside, coordinates, ratio), fed: [0, 1, 2] });
      expectNativeBytes({ ...aligned(3, odd, coordinates, ratio), fed: [0, 1] });
    },
  );
  test.each([0, 2])('is that of onnxruntime for odd regions, sampling %d', (ratio) =>
    expectAgreement({ ...aligned(2, odd.slice(0, -4), 'half_pixel', ratio), tolerance: 1e-5 }),
  );
  test.each([0, 2])('of what is no number, sampling %d', (ratio) => {
    const { NaN: none, POSITIVE_INFINITY: endless } = Number;
    const regions = [none, 0, 9, 9, 0, 0, 9, none, 0, -endless, 9, endless];
    const notInOrt = 'it reads outside of the image';
    return expectAgreement({
      ...aligned(2, ratio === 0 ? regions.slice(0, 8) : regions, 'half_pixel', ratio),
      notInOrt,
    });
  });
});

test.each([
  [1, 1, 'an index in [0,0]'],
  [-1, 1, 'an index in [0,0]'],
  [0, 1e9, 'regions whose bins have at most 1048576 points'],
])(
  'RoiAlign: image %d with a region of %d pixels ends the run as the reference does',
  (image, size, wanted) => {
    const inputs = [random('float32', [1, 1, 2, 2]), f32([1, 4], [0, 0, size, size]), i64([image])];
    const said = expect.objectContaining({
      code: 'KPT_DATA_MALFORMED',
      message: expect.stringContaining(wanted),
    });
    expect(() => referenceOf({ op: 'RoiAlign', inputs })).toThrow(said);
    for (const fed of [
      [0, 1],
      [0, 1, 2],
    ])
      expect(() => runNatively({ op: 'RoiAlign', inputs, fed })).toThrow(said);
  },
);

test('RoiAlign: more points than a step takes are left to the reference', () => {
  const inputs = [random('float32', [1, 1, 2, 2]), f32([1, 4], [0, 0, 1, 1]), i64([0])];
  const attributes = { sampling_ratio: attr.int(1025) };
  expect(scheduleOf({ op: 'RoiAlign', inputs, attributes })).toEqual(['host']);
});

const unpool = { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) };

test('MaxUnpool', () =>
  expectAgreement({
    op: 'MaxUnpool',
    inputs: [f32([1, 1, 2, 2], [5, 6, 7, 8]), i64([5, 7, 13, 15], [1, 1, 2, 2])],
    attributes: unpool,
  }));

test('MaxUnpool into something larger: indices count in what was pooled', () => {
  const inputs = [f32([1, 1, 1, 2], [5, 6]), i64([5, 7], [1, 1, 1, 2]), i64([1, 1, 3, 5])];
  const [y] = referenceOf({ op: 'MaxUnpool', inputs, attributes: unpool });
  expect([...toNumbers(y!)]).toEqual([0, 0, 0, 0, 0, 0, 5, 0, 6, 0, 0, 0, 0, 0, 0]);
});

test('RoiAlign of an image that is not there', () => {
  const inputs = [random('float32', [1, 1, 2, 2]), f32([1, 4], [0, 0, 1, 1]), i64([1])];
  expect(() => referenceOf({ op: 'RoiAlign', inputs })).toThrow(
    expect.objectContaining({ code: 'KPT_DATA_MALFORMED' }),
  );
});

test.each([
  [0, [2, 3, 4, 5]],
  [1, [2, 3, 4, 5]],
  [0, [1, 3, 2, 4, 5]],
])('AffineGrid align_corners %d of size %j', (corners, size) =>
  expectAgreement({
    op: 'AffineGrid',
    opset: 20,
    inputs: [random('float32', [size[0]!, size.length - 2, size.length - 1]), i64(size)],
    constants: [1],
    attributes: { align_corners: attr.int(corners) },
    tolerance: 1e-5,
  }),
);

test.each([
  [[5, 5], [2, 2], {}, [1, 8, 16]],
  [[5, 6], [2, 3], { strides: [2, 1], pads: [1, 0, 0, 1], dilations: [1, 2] }, [2, 12, 9]],
  [[7], [3], { strides: [2] }, [1, 3, 3]],
] as [number[], number[], Record<string, number[]>, number[]][])(
  'Col2Im to %j from blocks %j %j',
  (image, block, attributes, dims) =>
    expectAgreement({
      op: 'Col2Im',
      inputs: [random('float32', dims), i64(image), i64(block)],
      constants: [1, 2],
      attributes: Object.fromEntries(Object.entries(attributes).map(([name, v]) => [name, attr.ints(v)])),
      tolerance: 1e-5,
    }),
);

test.each<[DType, number[], number[] | undefined]>([
  ['float32', [1, 2, 7, 3], undefined],
  ['float32', [3, 8], [2, -1]],
  ['int8', [9, 2], [2, 3]],
  ['int64', [1], [0]],
])('CenterCropPad of %s to %j on axes %j', (dtype, sizes, axes) =>
  expectAgreement({
    op: 'CenterCropPad',
    inputs: [random(dtype, [2, 3, 4, 5], 4, 90), i64(sizes)],
    constants: [1],
    attributes: axes === undefined ? {} : { axes: attr.ints(axes) },
  }),
);

describe('DeformConv', () => {
  const [x, w] = [random('float32', [2, 4, 6, 5]), random('float32', [6, 2, 3, 2], 2)];
  const attributes = {
    group: attr.int(2),
    offset_group: attr.int(2),
    strides: attr.ints([2, 1]),
    pads: attr.ints([1, 0, 1, 1]),
    dilations: attr.ints([1, 2]),
  };
  const bias = random('float32', [6], 3);
  test('without offsets it is Conv', () => {
    const zero = f32([2, 24, 3, 4], new Float32Array(576));
    const half = f32([2, 12, 3, 4], new Float32Array(288).fill(0.5));
    const { offset_group: _, ...ofConv } = attributes;
    const [conv] = referenceOf({ op: 'Conv', inputs: [x, w], attributes: ofConv });
    const [deform] = referenceOf({ op: 'DeformConv', inputs: [x, w, zero, null, half], attributes });
    expect(deform!.dims).toEqual(conv!.dims);
    toNumbers(conv!).forEach((v, i) => {
      expect(2 * toNumbers(deform!)[i]!).toBeCloseTo(v, 4);
    });
  });
  test('with offsets and mask', () =>
    expectAgreement({
      op: 'DeformConv',
      opset: 19,
      inputs: [x, w, random('float32', [2, 24, 3, 4], 5, 2), bias, random('float32', [2, 12, 3, 4], 6)],
      attributes,
      tolerance: 1e-4,
    }));
  test('offsets of another shape are refused', () => {
    const inputs = [x, w, f32([2, 24, 3, 3], new Float32Array(432))];
    const run = () => referenceOf({ op: 'DeformConv', inputs, attributes });
    expect(run).toThrow(expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }));
  });
});
