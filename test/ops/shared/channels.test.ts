// How channels go through each operator: a layer makes them, the operator passes them on, a layer reads them. Some of them leave,
// and the model computes what it computes when nothing is made of them.
import { attr } from '../../../lib/graph/attribute.js';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import { Model } from '../../../lib/model/model.js';
import { type Dims, sizeOf } from '../../../lib/tensor/shape.js';
import { f32, i64 } from '../../../lib/tensor/tensor.js';
import { expectSameChannels, type Twins } from '../../helpers/channel-twins.js';
import { randomFloats } from '../../helpers/random-floats.js';

let seed = 1;
const weights = (g: GraphBuilder, dims: Dims): string =>
  g.constant('w', f32(dims, randomFloats(sizeOf(dims), seed++, 0.5)));
const ints = (g: GraphBuilder, ...values: number[]): string => g.constant('ints', i64(values));

/** A convolution of 1x1 with bias. */
const conv = (g: GraphBuilder, x: string, from: number, to: number): string =>
  g.node('Conv', [x, weights(g, [to, from, 1, 1]), weights(g, [to])])[0]!;

type Middle = (g: GraphBuilder, x: string) => string;

/** [1,3,4,6] -> 8 channels -> the operator -> what reads `made` channels. */
function net(middle: Middle, made = 8): Model {
  const g = new GraphBuilder('net');
  const x = conv(g, g.input('x', 'float32', [1, 3, 4, 6]), 3, 8);
  g.output(conv(g, middle(g, x), made, 5), 'float32');
  return new Model(g.build());
}

const one = (g: GraphBuilder, op: string, inputs: string[], attributes = {}): string =>
  g.node(op, inputs, attributes)[0]!;

/** Each is a function of 8 channels; channels that it makes, where they are not 8. */
const passes: readonly (readonly [name: string, middle: Middle, made?: number])[] = [
  ['Relu', (g, x) => one(g, 'Relu', [x])],
  ['Clip', (g, x) => one(g, 'Clip', [x, g.constant('low', f32([], [0])), g.constant('high', f32([], [6]))])],
  ['PRelu with a slope per channel', (g, x) => one(g, 'PRelu', [x, weights(g, [8, 1, 1])])],
  ['Mul by a constant per channel', (g, x) => one(g, 'Mul', [x, weights(g, [1, 8, 1, 1])])],
  ['residual Add', (g, x) => one(g, 'Add', [x, conv(g, one(g, 'Relu', [x]), 8, 8)])],
  ['Sum of three', (g, x) => one(g, 'Sum', [x, conv(g, x, 8, 8), one(g, 'Tanh', [x])])],
  ['depthwise Conv', (g, x) => one(g, 'Conv', [x, weights(g, [8, 1, 1, 1])], { group: attr.int(8) })],
  [
    'depthwise Conv of two filters a channel',
    (g, x) => one(g, 'Conv', [x, weights(g, [16, 1, 1, 1]), weights(g, [16])], { group: attr.int(8) }),
    16,
  ],
  [
    'grouped Conv',
    (g, x) => one(g, 'Conv', [x, weights(g, [12, 4, 1, 1]), weights(g, [12])], { group: attr.int(2) }),
    12,
  ],
  ['ConvTranspose', (g, x) => one(g, 'ConvTranspose', [x, weights(g, [8, 6, 2, 2]), weights(g, [6])]), 6],
  [
    'grouped ConvTranspose',
    (g, x) => one(g, 'ConvTranspose', [x, weights(g, [8, 3, 2, 2])], { group: attr.int(2) }),
    6,
  ],
  [
    'depthwise ConvTranspose',
    (g, x) => one(g, 'ConvTranspose', [x, weights(g, [8, 1, 2, 2])], { group: attr.int(8) }),
  ],
  [
    'BatchNormalization',
    (g, x) => {
      const variance = g.constant('variance', f32([8], new Array(8).fill(0.5)));
      const [scale, shift, mean] = [1, 2, 3].map(() => weights(g, [8]));
      return one(g, 'BatchNormalization', [x, scale!, shift!, mean!, variance]);
    },
  ],
  ['InstanceNormalization', (g, x) => one(g, 'InstanceNormalization', [x, weights(g, [8]), weights(g, [8])])],
  [
    'GroupNormalization',
    (g, x) =>
      one(g, 'GroupNormalization', [x, weights(g, [4]), weights(g, [4])], { num_groups: attr.int(4) }),
  ],
  ['MaxPool', (g, x) => one(g, 'MaxPool', [x], { kernel_shape: attr.ints([2, 2]) })],
  ['AveragePool', (g, x) => one(g, 'AveragePool', [x], { kernel_shape: attr.ints([2, 2]) })],
  ['GlobalAveragePool', (g, x) => one(g, 'GlobalAveragePool', [x])],
  ['ReduceMean over pixels', (g, x) => one(g, 'ReduceMean', [x, ints(g, 2, 3)])],
  ['Softmax over pixels', (g, x) => one(g, 'Softmax', [x], { axis: attr.int(3) })],
  [
    'squeeze and excite',
    (g, x) => {
      const squeezed = one(g, 'Relu', [conv(g, one(g, 'GlobalAveragePool', [x]), 8, 4)]);
      return one(g, 'Mul', [x, one(g, 'Sigmoid', [conv(g, squeezed, 4, 8)])]);
    },
  ],
  [
    'Concat',
    (g, x) => one(g, 'Concat', [conv(g, x, 8, 3), x, one(g, 'Relu', [x])], { axis: attr.int(1) }),
    19,
  ],
  [
    'Split into unequal parts',
    (g, x) => {
      const [a, b] = g.node('Split', [x, ints(g, 3, 5)], { axis: attr.int(1) }, { outputs: 2 });
      return one(g, 'Concat', [b!, a!], { axis: attr.int(1) });
    },
  ],
  [
    'Split into equal parts that meet again',
    (g, x) => {
      const parts = { axis: attr.int(-3), num_outputs: attr.int(2) };
      const [a, b] = g.node('Split', [x], parts, { outputs: 2 });
      return one(g, 'Mul', [a!, b!]);
    },
    4,
  ],
  ['Slice of channels', (g, x) => one(g, 'Slice', [x, ints(g, 2), ints(g, -1), ints(g, 1)]), 5],
  [
    'Slice of every second pixel',
    (g, x) => one(g, 'Slice', [x, ints(g, 0), ints(g, 2 ** 31), ints(g, 3), ints(g, 2)]),
  ],
  [
    'Pad with channels of zeros, beside a layer',
    (g, x) => {
      const padded = one(g, 'Pad', [x, ints(g, 0, 1, 0, 0, 0, 3, 0, 0)]);
      return one(g, 'Add', [padded, conv(g, x, 8, 12)]);
    },
    12,
  ],
  [
    'Resize to given sizes',
    (g, x) => one(g, 'Resize', [x, '', '', ints(g, 1, 8, 8, 12)], { mode: attr.string('nearest') }),
  ],
  ['DepthToSpace', (g, x) => one(g, 'DepthToSpace', [conv(g, x, 8, 32)], { blocksize: attr.int(2) }), 8],
  [
    'DepthToSpace, columns first',
    (g, x) =>
      one(g, 'DepthToSpace', [conv(g, x, 8, 32)], { blocksize: attr.int(2), mode: attr.string('CRD') }),
    8,
  ],
  ['SpaceToDepth', (g, x) => one(g, 'SpaceToDepth', [x], { blocksize: attr.int(2) }), 32],
  ['Tile along channels', (g, x) => one(g, 'Tile', [x, ints(g, 1, 2, 1, 1)]), 16],
  [
    'Expand of a gate',
    (g, x) => {
      const gate = one(g, 'Sigmoid', [conv(g, x, 8, 1)]);
      return one(g, 'Mul', [x, one(g, 'Expand', [gate, ints(g, 1, 8, 1, 1)])]);
    },
  ],
  [
    'Transpose there and back',
    (g, x) => {
      const last = one(g, 'Relu', [one(g, 'Transpose', [x], { perm: attr.ints([0, 2, 3, 1]) })]);
      return one(g, 'Transpose', [last], { perm: attr.ints([0, 3, 1, 2]) });
    },
  ],
  [
    'shuffle of two groups',
    (g, x) => {
      const parts = one(g, 'Reshape', [x, ints(g, 1, 2, 4, 4, 6)]);
      const swapped = one(g, 'Transpose', [parts], { perm: attr.ints([0, 2, 1, 3, 4]) });
      return one(g, 'Reshape', [swapped, ints(g, 1, 8, 4, 6)]);
    },
  ],
  [
    'Flatten, Gemm and back to an image',
    (g, x) => {
      const rows = one(g, 'Flatten', [x]);
      const made = one(g, 'Gemm', [rows, weights(g, [192, 48]), weights(g, [48])]);
      return one(g, 'Reshape', [made, ints(g, 0, 12, 2, 2)]);
    },
    12,
  ],
  [
    'MatMul of pixels with channels last',
    (g, x) => {
      const rows = one(g, 'Reshape', [x, ints(g, 0, 8, -1)]);
      const last = one(g, 'Transpose', [rows], { perm: attr.ints([0, 2, 1]) });
      const made = one(g, 'Add', [one(g, 'MatMul', [last, weights(g, [8, 10])]), weights(g, [10])]);
      const first = one(g, 'Transpose', [made], { perm: attr.ints([0, 2, 1]) });
      return one(g, 'Unsqueeze', [first, ints(g, -1)]);
    },
    10,
  ],
  [
    'Gemm with both operands transposed',
    (g, x) => {
      const row = one(g, 'Transpose', [one(g, 'Flatten', [one(g, 'GlobalMaxPool', [x])])]);
      const flags = { transA: attr.int(1), transB: attr.int(1) };
      return one(g, 'Unsqueeze', [one(g, 'Gemm', [row, weights(g, [10, 8])], flags), ints(g, 2, 3)]);
    },
    10,
  ],
  [
    'ReduceSum over channels',
    (g, x) => one(g, 'ReduceSum', [conv(g, x, 8, 8), ints(g, 1)], { keepdims: attr.int(1) }),
    1,
  ],
  [
    'a Reshape that keeps the number of channels',
    (g, x) => one(g, 'Reshape', [one(g, 'Reshape', [x, ints(g, 0, 0, -1)]), ints(g, 1, 8, 4, 6)]),
  ],
  [
    'LSTM over rows',
    (g, x) => {
      const rows = one(g, 'Transpose', [one(g, 'ReduceMax', [x, ints(g, 3)], { keepdims: attr.int(0) })], {
        perm: attr.ints([2, 0, 1]),
      });
      const [w, r] = [weights(g, [1, 20, 8]), weights(g, [1, 20, 5])];
      const states = g.node('LSTM', [rows, w, r], { hidden_size: attr.int(5) });
      return one(g, 'Transpose', [states[0]!], { perm: attr.ints([1, 3, 0, 2]) });
    },
    5,
  ],
];

test.each(passes.map(([name, middle, made]) => ({ name, middle, made })))(
  '$name',
  async ({ middle, made }) => {
    const { left } = await expectSameChannels(net(middle, made));
    expect(left).toBeGreaterThan(0);
  },
);

const layerNorm: Middle = (g, x) => {
  const last = one(g, 'Transpose', [x], { perm: attr.ints([0, 2, 3, 1]) });
  const rows = one(g, 'LayerNormalization', [last, weights(g, [8])]);
  return one(g, 'Transpose', [rows], { perm: attr.ints([0, 3, 1, 2]) });
};

/** What depends on all channels together holds them, and is named. */
const holds: readonly (readonly [name: string, middle: Middle, reason: RegExp])[] = [
  ['Softmax over channels', (g, x) => one(g, 'Softmax', [x], { axis: attr.int(1) }), /Softmax node/],
  ['LayerNormalization', layerNorm, /LayerNormalization node/],
  [
    'ReduceMean over channels',
    (g, x) => one(g, 'Mul', [x, one(g, 'ReduceMean', [x, ints(g, 1)])]),
    /ReduceMean node/,
  ],
  [
    'a Slice of a single channel',
    (g, x) => {
      const parts = one(g, 'Reshape', [x, ints(g, 1, 2, 4, 4, 6)]);
      const first = one(g, 'Slice', [parts, ints(g, 0), ints(g, 1), ints(g, 2)]);
      const pair = one(g, 'Reshape', [first, ints(g, 1, 2, 4, 6)]);
      return one(g, 'Concat', [pair, pair, pair, pair], { axis: attr.int(1) });
    },
    /Slice node/,
  ],
  ['LRN', (g, x) => one(g, 'LRN', [x], { size: attr.int(3) }), /LRN node/],
  [
    'a sum with the input of the model',
    (g, x) =>
      one(g, 'Add', [
        x,
        one(g, 'Concat', ['x', 'x', one(g, 'Slice', ['x', ints(g, 0), ints(g, 2), ints(g, 1)])], {
          axis: attr.int(1),
        }),
      ]),
    /an input of the model/,
  ],
];

test.each(holds.map(([name, middle, reason]) => ({ name, middle, reason })))(
  '$name stays whole',
  async ({ middle, reason }) => {
    const { left, reasons }: Twins = await expectSameChannels(net(middle));
    expect(left).toBe(0);
    expect(reasons.join('\n')).toMatch(reason);
  },
);
