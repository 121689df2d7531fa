// Poolings against onnxruntime, float and integer.
import { attr } from '../../../lib/graph/attribute.js';
import { f32, type TensorValue, tensor } from '../../../lib/tensor/tensor.js';
import { expectLikeOrt, infer, noise, type OneNode } from '../../helpers/run-reference.js';

type Attributes = NonNullable<OneNode['attributes']>;
const windows: readonly (readonly [string, readonly number[], Attributes])[] = [
  ['2x2 stride 2', [2, 3, 6, 8], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) }],
  ['padded 3x3', [1, 2, 7, 7], { kernel_shape: attr.ints([3, 3]), pads: attr.ints([1, 1, 1, 1]) }],
  [
    'ceil',
    [1, 2, 7, 9],
    { kernel_shape: attr.ints([3, 2]), strides: attr.ints([2, 2]), ceil_mode: attr.int(1) },
  ],
  [
    'ceil padded',
    [1, 2, 8, 7],
    {
      kernel_shape: attr.ints([3, 3]),
      strides: attr.ints([2, 3]),
      pads: attr.ints([1, 1, 1, 1]),
      ceil_mode: attr.int(1),
    },
  ],
  [
    'same upper',
    [1, 2, 8, 7],
    { kernel_shape: attr.ints([3, 2]), strides: attr.ints([2, 2]), auto_pad: attr.string('SAME_UPPER') },
  ],
  [
    'same lower',
    [1, 2, 8, 7],
    { kernel_shape: attr.ints([3, 2]), strides: attr.ints([2, 2]), auto_pad: attr.string('SAME_LOWER') },
  ],
  ['1-D', [2, 3, 11], { kernel_shape: attr.ints([4]), strides: attr.ints([3]), pads: attr.ints([1, 2]) }],
  ['3-D', [1, 2, 4, 5, 6], { kernel_shape: attr.ints([2, 3, 2]) }],
];

test.each(windows)('MaxPool %s', async (_, x, attributes) => {
  await expectLikeOrt({ op: 'MaxPool', attributes, inputs: [noise('float32', x)], outputs: 2 }, 0);
  await expectLikeOrt({ op: 'MaxPool', attributes, inputs: [noise('uint8', x)] }, 0);
  await expectLikeOrt({ op: 'MaxPool', attributes, inputs: [noise('int8', x)] }, 0);
});

test('MaxPool with dilations and column-major indices', async () => {
  const attributes = {
    kernel_shape: attr.ints([2, 3]),
    dilations: attr.ints([3, 2]),
    storage_order: attr.int(1),
  };
  await expectLikeOrt({ op: 'MaxPool', attributes, inputs: [noise('float32', [2, 2, 8, 9])], outputs: 2 }, 0);
});

test.each(
  windows.flatMap(([name, x, attributes]) => [0, 1].map((pad) => [name, pad, x, attributes] as const)),
)('AveragePool %s, count_include_pad %d', async (_, pad, x, attributes) => {
  const all = { ...attributes, count_include_pad: attr.int(pad) };
  await expectLikeOrt({ op: 'AveragePool', opset: 19, attributes: all, inputs: [noise('float32', x)] }, 1e-6);
});

test.each(windows)('LpPool %s', async (_, x, attributes) => {
  const { ceil_mode, ...rest } = attributes;
  await expectLikeOrt(
    { op: 'LpPool', attributes: { ...rest, p: attr.int(3) }, inputs: [noise('float32', x)] },
    1e-6,
  );
});

test.each(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'])('%s', async (op) => {
  for (const dims of [
    [2, 3, 5, 7],
    [1, 2, 9],
    [1, 2, 3, 2, 3],
    [1, 1, 1, 1],
  ])
    await expectLikeOrt({ op, inputs: [noise('float32', dims)] }, 1e-6);
});

test('refuses windows that do not fit', () => {
  const node = (dims: readonly number[], attributes: Attributes): OneNode => ({
    op: 'MaxPool',
    attributes,
    inputs: [noise('float32', dims)],
  });
  expect(() => infer(node([1, 1, 2, 2], { kernel_shape: attr.ints([3, 3]) }))).toThrow(
    expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
  );
  expect(() => infer(node([1, 1, 2, 2], {}))).toThrow(
    expect.objectContaining({ code: 'KPT_ATTRIBUTE_INVALID' }),
  );
});

const scalar = (value: number): TensorValue => f32([], [value]);
const byte = (value: number): TensorValue => tensor('uint8', [], Uint8Array.of(value));

test.each(windows.filter(([name]) => name !== '3-D'))('QLinearAveragePool %s', async (_, x, attributes) => {
  const inputs = [noise('uint8', x), scalar(0.05), byte(120), scalar(0.04), byte(100)];
  await expectLikeOrt({ op: 'QLinearAveragePool', domain: 'com.microsoft', attributes, inputs }, 1);
});

test.each([0, 1])('QLinearGlobalAveragePool, channels_last %d', async (last) => {
  const attributes = { channels_last: attr.int(last) };
  const inputs = [noise('uint8', [2, 3, 5, 7]), scalar(0.05), byte(120), scalar(0.02), byte(100)];
  await expectLikeOrt({ op: 'QLinearGlobalAveragePool', domain: 'com.microsoft', attributes, inputs }, 1);
});
