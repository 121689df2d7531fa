// Convolutions against onnxruntime: float over shapes, groups, padding and axes, and their integer forms.
import { attr } from '../../lib/graph/attribute.js';
import { f32, tensor } from '../../lib/tensor/tensor.js';
import { expectLikeOrt, infer, noise, type OneNode } from '../helpers/run-reference.js';

interface Case {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly attributes?: OneNode['attributes'];
}

const cases: readonly Case[] = [
  { x: [1, 3, 5, 7], w: [4, 3, 3, 3] },
  { x: [2, 4, 9, 8], w: [8, 4, 1, 1] },
  { x: [1, 6, 7, 7], w: [6, 1, 3, 3], attributes: { group: attr.int(6), pads: attr.ints([1, 1, 1, 1]) } },
  { x: [1, 4, 8, 9], w: [6, 2, 3, 2], attributes: { group: attr.int(2), strides: attr.ints([2, 1]) } },
  {
    x: [1, 2, 11, 13],
    w: [3, 2, 3, 3],
    attributes: { dilations: attr.ints([2, 3]), pads: attr.ints([0, 2, 1, 3]) },
  },
  {
    x: [1, 2, 10, 11],
    w: [3, 2, 4, 3],
    attributes: { auto_pad: attr.string('SAME_UPPER'), strides: attr.ints([3, 2]) },
  },
  {
    x: [1, 2, 10, 11],
    w: [3, 2, 4, 3],
    attributes: { auto_pad: attr.string('SAME_LOWER'), strides: attr.ints([3, 2]) },
  },
  { x: [1, 2, 10, 11], w: [3, 2, 4, 3], attributes: { auto_pad: attr.string('VALID') } },
  { x: [3, 4, 17], w: [5, 4, 5], attributes: { strides: attr.ints([2]), pads: attr.ints([3, 1]) } },
  { x: [1, 2, 4, 5, 6], w: [3, 2, 2, 3, 2], attributes: { pads: attr.ints([1, 0, 1, 0, 1, 0]) } },
  { x: [1, 1, 1, 1], w: [1, 1, 1, 1] },
  { x: [0, 2, 4, 4], w: [3, 2, 3, 3] },
];

const label = ({ x, w, attributes = {} }: Case): string =>
  `${x.join('x')} * ${w.join('x')} ${Object.keys(attributes).join()}`;

describe('Conv', () => {
  test.each(cases.map((c) => [label(c), c] as const))('%s', async (_, { x, w, attributes }) => {
    const bias = noise('float32', [w[0]], 3);
    await expectLikeOrt(
      { op: 'Conv', attributes, inputs: [noise('float32', x), noise('float32', w, 2), bias] },
      1e-6,
    );
    await expectLikeOrt(
      { op: 'Conv', attributes, inputs: [noise('float32', x), noise('float32', w, 2)] },
      1e-6,
    );
  });

  test('says what does not fit', () => {
    const node = (x: readonly number[], w: readonly number[], attributes = {}): OneNode => ({
      op: 'Conv',
      attributes,
      inputs: [noise('float32', x), noise('float32', w)],
    });
    expect(() => infer(node([1, 3, 4, 4], [2, 4, 3, 3]))).toThrow(
      expect.objectContaining({
        code: 'KPT_SHAPE_MISMATCH',
        message: expect.stringContaining("Conv node 'n'"),
      }),
    );
    expect(() => infer(node([1, 3, 2, 2], [2, 3, 3, 3]))).toThrow(
      expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
    );
    expect(() => infer(node([1, 3, 4, 4], [2, 3, 3, 3], { strides: attr.ints([0, 1]) }))).toThrow(
      expect.objectContaining({ code: 'KPT_ATTRIBUTE_INVALID' }),
    );
    expect(() => infer(node([1, 3, 4, 4], [2, 3, 3, 3], { kernel_shape: attr.ints([2, 2]) }))).toThrow(
      expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
    );
    const mixed = { op: 'Conv', inputs: [noise('float32', [1, 1, 3, 3]), noise('uint8', [1, 1, 1, 1])] };
    expect(() => infer(mixed)).toThrow(expect.objectContaining({ code: 'KPT_TYPE_MISMATCH' }));
  });
});

describe('ConvTranspose', () => {
  const transposed: readonly Case[] = [
    { x: [1, 3, 4, 5], w: [3, 2, 3, 3] },
    { x: [2, 4, 5, 4], w: [4, 2, 2, 2], attributes: { strides: attr.ints([2, 2]), group: attr.int(2) } },
    {
      x: [1, 2, 4, 4],
      w: [2, 3, 3, 3],
      attributes: {
        strides: attr.ints([2, 3]),
        pads: attr.ints([1, 0, 1, 2]),
        output_padding: attr.ints([1, 0]),
      },
    },
    {
      x: [1, 2, 5, 4],
      w: [2, 3, 3, 4],
      attributes: { strides: attr.ints([2, 2]), auto_pad: attr.string('SAME_UPPER') },
    },
    {
      x: [1, 2, 5, 4],
      w: [2, 3, 3, 4],
      attributes: { strides: attr.ints([2, 2]), auto_pad: attr.string('SAME_LOWER') },
    },
    {
      x: [1, 2, 5, 4],
      w: [2, 3, 4, 4],
      attributes: { strides: attr.ints([2, 2]), output_shape: attr.ints([11, 9]) },
    },
    { x: [1, 2, 7], w: [2, 3, 4], attributes: { strides: attr.ints([3]), dilations: attr.ints([2]) } },
    { x: [1, 2, 3, 2, 3], w: [2, 2, 2, 2, 2], attributes: { strides: attr.ints([2, 1, 2]) } },
  ];
  test.each(transposed.map((c) => [label(c), c] as const))('%s', async (_, { x, w, attributes }) => {
    await expectLikeOrt(
      { op: 'ConvTranspose', attributes, inputs: [noise('float32', x), noise('float32', w, 2)] },
      1e-6,
    );
  });
});

const scalar = (value: number) => f32([], [value]);
const zeroPoint = (dtype: 'uint8' | 'int8', value: number) =>
  tensor(dtype, [], dtype === 'int8' ? Int8Array.of(value) : Uint8Array.of(value));

describe('QLinearConv', () => {
  const types = [
    ['uint8', 'uint8', 120, 130],
    ['uint8', 'int8', 3, 0],
    ['int8', 'int8', -5, 0],
  ] as const;
  const flat = cases.filter(({ x }) => x.length === 4 && x[0] > 0);
  test.each(flat.flatMap((c) => types.map((t) => [`${label(c)} ${t[0]} ${t[1]}`, c, t] as const)))(
    '%s',
    async (_, { x, w, attributes }, [xType, wType, xZero, wZero]) => {
      const perChannel = wType === 'int8';
      const scales = perChannel
        ? f32(
            [w[0]],
            Float32Array.from({ length: w[0] }, (_, o) => 0.01 + 0.003 * o),
          )
        : scalar(0.02);
      const zeros = perChannel ? tensor('int8', [w[0]], new Int8Array(w[0])) : zeroPoint(wType, wZero);
      const bias = noise('int32', [w[0]], 5, [-5000, 5000]);
      const inputs = [
        noise(xType, x),
        scalar(0.05),
        zeroPoint(xType, xZero),
        noise(wType, w, 2),
        scales,
        zeros,
        scalar(0.11),
        zeroPoint(xType, xZero),
        bias,
      ];
      await expectLikeOrt({ op: 'QLinearConv', attributes, inputs }, 1);
    },
  );
});

test.each(['Relu', 'LeakyRelu', 'Tanh', 'Sigmoid', 'Clip', 'HardSigmoid'])(
  'FusedConv of com.microsoft with %s',
  async (name) => {
    const params: Record<string, number[]> = {
      LeakyRelu: [0.3],
      Clip: [-0.5, 0.75],
      HardSigmoid: [0.2, 0.5],
    };
    const attributes = {
      activation: attr.string(name),
      ...(params[name] && { activation_params: attr.floats(params[name]) }),
    };
    const inputs = [
      noise('float32', [1, 3, 6, 6]),
      noise('float32', [4, 3, 3, 3], 2),
      noise('float32', [4], 3),
    ];
    await expectLikeOrt({ op: 'FusedConv', domain: 'com.microsoft', attributes, inputs }, 1e-6);
  },
);
