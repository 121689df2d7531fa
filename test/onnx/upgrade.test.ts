// Every upgrade against onnxruntime: an old file and the same file raised by kompakt give the same outputs.
import { attr } from '../../lib/graph/attribute.js';
import { verify } from '../../lib/graph/verify.js';
import { Model } from '../../lib/onnx/model.js';
import { f32, i64 } from '../../lib/tensor/tensor.js';
import {
  type FileNode,
  type FileOptions,
  fileGraph,
  onnxFile,
  ramp,
  runInOrt,
} from '../helpers/onnx-file.js';

interface Case {
  readonly name: string;
  readonly file: FileOptions;
  /** Operators of the raised graph. */
  readonly ops: readonly string[];
}

const x234 = { x: ramp('float32', [2, 3, 4]) };
const image = { x: ramp('float32', [1, 2, 5, 6]) };

function oneNode(
  name: string,
  opset: number,
  ops: readonly string[],
  node: Omit<FileNode, 'outputs' | 'inputs'> & { outputs?: readonly string[]; inputs?: readonly string[] },
  rest: Partial<FileOptions> = {},
): Case {
  const outputs = node.outputs ?? ['y'];
  return {
    name: `${name} (opset ${opset})`,
    ops,
    file: {
      opset,
      inputs: x234,
      nodes: [{ inputs: ['x'], ...node, outputs }],
      outputs: Object.fromEntries(outputs.map((output) => [output, 'float32'])),
      ...rest,
    },
  };
}

const reductions = [
  'ReduceL1',
  'ReduceL2',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
];
const statistics = {
  scale: f32([3], [1, 2, 0.5]),
  bias: f32([3], [0, 1, -1]),
  mean: f32([3], [0.1, 0.2, 0.3]),
  variance: f32([3], [1, 2, 3]),
};

const cases: Case[] = [
  oneNode('Clip both', 7, ['Clip'], {
    op: 'Clip',
    attributes: { min: attr.float(-0.5), max: attr.float(1) },
  }),
  oneNode('Clip max only', 10, ['Clip'], { op: 'Clip', attributes: { max: attr.float(1) } }),
  oneNode('Clip without bounds', 9, ['Clip'], { op: 'Clip' }),
  {
    name: 'Pad of double takes the type from the value (opset 9)',
    ops: ['Cast', 'CastLike', 'Pad', 'Cast'],
    file: {
      opset: 9,
      inputs: x234,
      nodes: [
        { op: 'Cast', inputs: ['x'], outputs: ['d'], attributes: { to: attr.int(11) } },
        {
          op: 'Pad',
          inputs: ['d'],
          outputs: ['c'],
          attributes: { pads: attr.ints([0, 0, 1, 0, 0, 1]), value: attr.float(0.25) },
        },
        { op: 'Cast', inputs: ['c'], outputs: ['y'], attributes: { to: attr.int(1) } },
      ],
      outputs: { y: 'float32' },
    },
  },
  oneNode('Dropout', 7, ['Dropout'], { op: 'Dropout', attributes: { ratio: attr.float(0.3) } }),
  oneNode('Dropout', 10, ['Dropout'], { op: 'Dropout' }),
  oneNode('Pad zero', 7, ['Pad'], { op: 'Pad', attributes: { pads: attr.ints([0, 1, 0, 1, 0, 2]) } }),
  oneNode('Pad value', 10, ['Pad'], {
    op: 'Pad',
    attributes: { pads: attr.ints([0, 1, 0, 1, 0, 2]), value: attr.float(3) },
  }),
  oneNode('Pad reflect', 9, ['Pad'], {
    op: 'Pad',
    attributes: { pads: attr.ints([0, 1, 0, 1, 0, 2]), mode: attr.string('reflect') },
  }),
  oneNode('Slice', 7, ['Slice'], {
    op: 'Slice',
    attributes: { starts: attr.ints([1, -3]), ends: attr.ints([2 ** 63, -1]), axes: attr.ints([1, 2]) },
  }),
  oneNode('Slice without axes', 9, ['Slice'], {
    op: 'Slice',
    attributes: { starts: attr.ints([1, 0]), ends: attr.ints([2, 2]) },
  }),
  oneNode(
    'Squeeze',
    11,
    ['Squeeze'],
    { op: 'Squeeze', attributes: { axes: attr.ints([0]) } },
    { inputs: { x: ramp('float32', [1, 3, 1]) } },
  ),
  oneNode('Squeeze all', 7, ['Squeeze'], { op: 'Squeeze' }, { inputs: { x: ramp('float32', [1, 3, 1]) } }),
  oneNode('Unsqueeze', 9, ['Unsqueeze'], { op: 'Unsqueeze', attributes: { axes: attr.ints([0, 4]) } }),
  ...reductions.flatMap((op) => [
    oneNode(`${op} axes`, 7, [op], { op, attributes: { axes: attr.ints([1]), keepdims: attr.int(0) } }),
    oneNode(`${op} all`, 11, [op], { op }),
    ...(op === 'ReduceSum'
      ? []
      : [oneNode(`${op} axes`, 13, [op], { op, attributes: { axes: attr.ints([0, -1]) } })]),
  ]),
  oneNode('Split sizes', 7, ['Split'], {
    op: 'Split',
    outputs: ['a', 'b'],
    attributes: { axis: attr.int(2), split: attr.ints([1, 3]) },
  }),
  oneNode('Split evenly', 11, ['Split'], {
    op: 'Split',
    outputs: ['a', 'b'],
    attributes: { axis: attr.int(-1) },
  }),
  oneNode('Split evenly', 13, ['Split'], {
    op: 'Split',
    outputs: ['a', 'b', 'c'],
    attributes: { axis: attr.int(1) },
  }),
  oneNode(
    'Split sizes',
    13,
    ['Split'],
    { op: 'Split', inputs: ['x', 'sizes'], outputs: ['a', 'b'] },
    { constants: { sizes: i64([1, 1]) } },
  ),
  ...['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op) => [
    oneNode(`${op} default axis`, 7, ['Shape', 'Flatten', op, 'Reshape'], { op }),
    oneNode(`${op} axis 0`, 11, ['Shape', 'Flatten', op, 'Reshape'], {
      op,
      attributes: { axis: attr.int(0) },
    }),
    oneNode(`${op} axis -1`, 11, [op], { op, attributes: { axis: attr.int(-1) } }),
    oneNode(`${op} axis -2`, 12, ['Shape', 'Flatten', op, 'Reshape'], {
      op,
      attributes: { axis: attr.int(-2) },
    }),
    oneNode(`${op} last axis`, 9, [op], { op, attributes: { axis: attr.int(2) } }),
    oneNode(`${op} of today`, 13, [op], { op, attributes: { axis: attr.int(1) } }),
  ]),
  {
    name: 'Softmax on a matrix that a Gemm made stays one node (opset 9)',
    ops: ['Flatten', 'Gemm', 'Softmax'],
    file: {
      opset: 9,
      inputs: x234,
      constants: { w: ramp('float32', [12, 5], 0.1), b: ramp('float32', [5]) },
      nodes: [
        { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
        { op: 'Gemm', inputs: ['f', 'w', 'b'], outputs: ['g'] },
        { op: 'Softmax', inputs: ['g'], outputs: ['y'] },
      ],
      outputs: { y: 'float32' },
    },
  },
  ...['nearest', 'linear'].flatMap((mode) => [
    oneNode(
      `Upsample ${mode}`,
      7,
      ['Resize'],
      { op: 'Upsample', attributes: { mode: attr.string(mode), scales: attr.floats([1, 1, 2, 3]) } },
      { inputs: image },
    ),
    oneNode(
      `Upsample ${mode}`,
      9,
      ['Resize'],
      { op: 'Upsample', inputs: ['x', 's'], attributes: { mode: attr.string(mode) } },
      { inputs: image, constants: { s: f32([4], [1, 1, 1.5, 2.5]) } },
    ),
    oneNode(
      `Resize up ${mode}`,
      10,
      ['Resize'],
      { op: 'Resize', inputs: ['x', 's'], attributes: { mode: attr.string(mode) } },
      { inputs: image, constants: { s: f32([4], [1, 1, 1.7, 2]) } },
    ),
    oneNode(
      `Resize down ${mode}`,
      10,
      ['Resize'],
      { op: 'Resize', inputs: ['x', 's'], attributes: { mode: attr.string(mode) } },
      { inputs: image, constants: { s: f32([4], [1, 1, 0.6, 0.5]) } },
    ),
  ]),
  oneNode(
    'Resize with empty roi and scales',
    11,
    ['Resize'],
    { op: 'Resize', inputs: ['x', 'roi', 'scales', 'sizes'], attributes: { mode: attr.string('linear') } },
    {
      inputs: image,
      constants: { roi: f32([0], []), scales: f32([0], []), sizes: i64([1, 2, 7, 9]) },
    },
  ),
  oneNode(
    'Resize tf_half_pixel_for_nn',
    11,
    ['Resize'],
    {
      op: 'Resize',
      inputs: ['x', 'roi', 'scales'],
      attributes: {
        mode: attr.string('nearest'),
        nearest_mode: attr.string('floor'),
        coordinate_transformation_mode: attr.string('tf_half_pixel_for_nn'),
      },
    },
    { inputs: image, constants: { roi: f32([0], []), scales: f32([4], [1, 1, 2, 1.5]) } },
  ),
  {
    name: 'TopK (opset 9)',
    ops: ['TopK'],
    file: {
      opset: 9,
      inputs: x234,
      nodes: [
        { op: 'TopK', inputs: ['x'], outputs: ['v', 'i'], attributes: { k: attr.int(2), axis: attr.int(2) } },
      ],
      outputs: { v: 'float32', i: 'int64' },
    },
  },
  ...[7, 9].map((opset) =>
    oneNode(
      'BatchNormalization',
      opset,
      ['BatchNormalization'],
      {
        op: 'BatchNormalization',
        inputs: ['x', ...Object.keys(statistics)],
        attributes: { epsilon: attr.float(0.01) },
      },
      { constants: statistics },
    ),
  ),
  oneNode(
    'Scatter',
    9,
    ['ScatterElements'],
    { op: 'Scatter', inputs: ['x', 'i', 'u'], attributes: { axis: attr.int(1) } },
    {
      constants: { i: i64([2, 0], [1, 1, 2]), u: f32([1, 1, 2], [50, 60]) },
    },
  ),
  oneNode(
    'RoiAlign',
    10,
    ['RoiAlign'],
    {
      op: 'RoiAlign',
      inputs: ['x', 'rois', 'batch'],
      attributes: { output_height: attr.int(2), output_width: attr.int(2) },
    },
    {
      inputs: image,
      constants: { rois: f32([1, 4], [0, 0.5, 4, 3.5]), batch: i64([0]) },
    },
  ),
  {
    name: 'nodes in both branches of an If (opset 11)',
    ops: ['ReduceMax', 'Greater', 'If'],
    file: {
      opset: 11,
      inputs: x234,
      constants: { zero: f32([], [0]) },
      nodes: [
        { op: 'ReduceMax', inputs: ['x'], outputs: ['top'], attributes: { keepdims: attr.int(0) } },
        { op: 'Greater', inputs: ['top', 'zero'], outputs: ['positive'] },
        {
          op: 'If',
          inputs: ['positive'],
          outputs: ['y'],
          subgraphs: {
            then_branch: fileGraph({
              nodes: [
                { op: 'Unsqueeze', inputs: ['x'], outputs: ['t'], attributes: { axes: attr.ints([0]) } },
                { op: 'ReduceSum', inputs: ['t'], outputs: ['r'], attributes: { axes: attr.ints([1]) } },
              ],
              outputs: { r: 'float32' },
            }),
            else_branch: fileGraph({
              nodes: [{ op: 'Softmax', inputs: ['x'], outputs: ['r'] }],
              outputs: { r: 'float32' },
            }),
          },
        },
      ],
      outputs: { y: 'float32' },
    },
  },
];

test.each(cases)('$name', async ({ file, ops }) => {
  const old = onnxFile(file);
  const model = await Model.load(old);
  verify(model.graph);
  expect(model.graph.opsets['']).toBe(18);
  expect(model.graph.nodes.map((node) => node.op)).toEqual(ops);
  const feeds = file.inputs ?? {};
  expect(await runInOrt(model.toBytes(), feeds)).toEqual(await runInOrt(old, feeds));
});

test.each([
  [
    'BatchNormalization with spatial = 0',
    7,
    { op: 'BatchNormalization', inputs: ['x', 'x', 'x', 'x', 'x'], attributes: { spatial: attr.int(0) } },
  ],
  ['batched Scan', 8, { op: 'Scan', inputs: ['x'] }],
])('%s is refused', async (_, opset, node) => {
  const file = onnxFile({
    opset,
    inputs: x234,
    nodes: [{ ...node, outputs: ['y'] }],
    outputs: { y: 'float32' },
  });
  await expect(Model.load(file)).rejects.toMatchObject({ code: 'KPT_ONNX_UNSUPPORTED' });
});

test('opset 6 is refused', async () => {
  const file = onnxFile({
    opset: 6,
    inputs: x234,
    nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
    outputs: { y: 'float32' },
  });
  await expect(Model.load(file)).rejects.toMatchObject({ code: 'KPT_ONNX_UNSUPPORTED' });
});
