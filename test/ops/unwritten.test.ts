// Steps that write their output in parts, or only where something falls, must leave nothing in it of what its memory held
// before: that may be data of another request. The helper runs each case in memory that is full of something else.
import { attr } from '../../lib/graph/attribute.js';
import { f32, i64, type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import { expectAgreement, type OneNode, random } from '../helpers/one-node.js';

const image = (dims: readonly number[] = [1, 3, 5, 3]): TensorValue => random('float32', dims, 5);
const pads = (...values: number[]): Omit<OneNode, 'op'> => ({
  inputs: [image(), i64(values), f32([], [-1])],
  constants: [1, 2],
});
const empty = f32([1, 0, 5, 3], []);
const bools = (...values: number[]): TensorValue => tensor('bool', [values.length], Uint8Array.from(values));

const cases: readonly (readonly [string, OneNode])[] = [
  ['Pad that takes at one end what it adds at the other', { op: 'Pad', ...pads(0, 0, -1, 0, 0, 0, 1, 0) }],
  ['Pad that moves two axes', { op: 'Pad', ...pads(0, 1, 2, 0, 0, -1, -2, 0) }],
  ['Pad that takes more than there is', { op: 'Pad', ...pads(0, 0, -7, 0, 0, 0, 7, 0) }],
  ['Pad that only takes', { op: 'Pad', ...pads(0, 0, -1, 0, 0, -1, 0, -1) }],
  ['Pad that adds and takes', { op: 'Pad', ...pads(0, 0, -1, 2, 0, 0, 3, -1) }],
  ['Pad of nothing', { op: 'Pad', inputs: [empty, i64([0, 2, 0, 0, 0, 0, 0, 0])], constants: [1] }],
  [
    'Pad of bytes',
    {
      op: 'Pad',
      inputs: [
        random('int8', [1, 3, 5, 3], 2, 90),
        i64([0, 0, -1, 0, 0, 0, 1, 0]),
        tensor('int8', [], Int8Array.of(-5)),
      ],
      constants: [1, 2],
    },
  ],
  [
    'CenterCropPad',
    {
      op: 'CenterCropPad',
      inputs: [image(), i64([2, 7])],
      constants: [1],
      attributes: { axes: attr.ints([2, 3]) },
    },
  ],
  [
    'Concat with nothing',
    { op: 'Concat', inputs: [empty, image(), empty, image()], attributes: { axis: attr.int(1) } },
  ],
  [
    'Slice backwards',
    {
      op: 'Slice',
      inputs: [image(), i64([-1, 9]), i64([-9, 0]), i64([2, 3]), i64([-2, -1])],
      constants: [1, 2, 3, 4],
    },
  ],
  [
    'ConvTranspose with gaps and padding of the output',
    {
      op: 'ConvTranspose',
      inputs: [image(), random('float32', [3, 2, 2, 1], 3)],
      attributes: { strides: attr.ints([4, 3]), output_padding: attr.ints([3, 2]) },
    },
  ],
  [
    'grouped ConvTranspose with gaps',
    {
      op: 'ConvTranspose',
      inputs: [image(), random('float32', [3, 1, 2, 2], 3)],
      attributes: { strides: attr.ints([3, 3]), dilations: attr.ints([2, 2]), group: attr.int(3) },
    },
  ],
  [
    'MaxUnpool',
    {
      op: 'MaxUnpool',
      inputs: [image([1, 1, 2, 2]), i64([0, 3, 9, 14], [1, 1, 2, 2])],
      attributes: { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) },
    },
  ],
  [
    'Resize with a region beyond the image',
    {
      op: 'Resize',
      inputs: [image(), f32([8], [0, 0, -0.5, 0, 1, 1, 1.5, 1]), f32([4], [1, 1, 2, 1])],
      constants: [1, 2],
      attributes: {
        mode: attr.string('linear'),
        coordinate_transformation_mode: attr.string('tf_crop_and_resize'),
        extrapolation_value: attr.float(9),
      },
    },
  ],
  [
    'OneHot with indices out of range',
    { op: 'OneHot', inputs: [i64([0, 7, -1, -9]), i64([4], []), f32([2], [2, 5])], constants: [1] },
  ],
  ['Trilu', { op: 'Trilu', inputs: [image()], attributes: { upper: attr.int(0) } }],
  ['Trilu without a triangle', { op: 'Trilu', inputs: [image(), i64([9], [])], constants: [1] }],
  [
    'ScatterND of nothing',
    { op: 'ScatterND', inputs: [image([4, 3]), i64([], [0, 1]), f32([0, 3], [])], constants: [1] },
  ],
  [
    'ScatterElements',
    {
      op: 'ScatterElements',
      inputs: [image([4, 3]), i64([1, 2, 0], [1, 3]), random('float32', [1, 3])],
      constants: [1],
    },
  ],
  ['EyeLike', { op: 'EyeLike', inputs: [image([3, 5])], attributes: { k: attr.int(2) } }],
  [
    'Compress by nothing that is true',
    {
      op: 'Compress',
      inputs: [image([3, 4]), bools(0, 0, 0)],
      constants: [1],
      attributes: { axis: attr.int(0) },
    },
  ],
  [
    'ReverseSequence',
    {
      op: 'ReverseSequence',
      inputs: [image([4, 3]), i64([1, 4, 2])],
      attributes: { time_axis: attr.int(0), batch_axis: attr.int(1) },
    },
  ],
  [
    'GridSample outside of the image',
    { op: 'GridSample', inputs: [image(), random('float32', [1, 2, 3, 2], 4, 3)], opset: 16 },
  ],
  ['NonZero', { op: 'NonZero', inputs: [f32([2, 3], [0, 1, 0, 2, 0, 0])] }],
  [
    'AveragePool with windows in its padding',
    {
      op: 'AveragePool',
      inputs: [image()],
      attributes: {
        kernel_shape: attr.ints([2, 2]),
        strides: attr.ints([3, 3]),
        pads: attr.ints([1, 1, 1, 1]),
        count_include_pad: attr.int(1),
      },
    },
  ],
  ['Hardmax', { op: 'Hardmax', inputs: [image([4, 5])] }],
];

test.each(cases)('%s', (_, one) => expectAgreement(one));
