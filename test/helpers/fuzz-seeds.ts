// Small valid models from which the fuzzer starts: together they hold every part of an ONNX file and operators of every
// kind.
import { attr } from '../../lib/graph/attribute.js';
import type { Attribute } from '../../lib/graph/graph.js';
import { fromNumbers, i64, type TensorValue } from '../../lib/tensor/tensor.js';
import { type FileNode, fileGraph, fileNode, onnxFile, ramp } from './onnx-file.js';

type Plain = number | string | readonly number[] | TensorValue;

/** Numbers become floats where they are not whole or where the name says so. */
function attribute(name: string, value: Plain): Attribute {
  if (typeof value === 'string') return attr.string(value);
  if (typeof value !== 'number') return 'dtype' in value ? attr.tensor(value) : attr.ints(value);
  return /epsilon|alpha|factor/.test(name) ? attr.float(value) : attr.int(value);
}

/** Names are separated by spaces; '-' stands for an input that is absent. */
const node = (
  op: string,
  inputs: string,
  output: string,
  attributes: Readonly<Record<string, Plain>> = {},
): FileNode => ({
  op,
  inputs: inputs.split(' ').map((name) => (name === '-' ? '' : name)),
  outputs: output.split(' '),
  attributes: Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, attribute(name, value)]),
  ),
});

const image = { x: ramp('float32', [1, 4, 6, 6]) };
const conv = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] };

const floats = onnxFile({
  opset: 18,
  inputs: image,
  constants: {
    w: ramp('float32', [4, 4, 3, 3]),
    d: ramp('float32', [4, 1, 3, 3]),
    t: ramp('float32', [4, 2, 2, 2]),
    b: ramp('float32', [4]),
    v: fromNumbers('float32', [4], [1, 2, 3, 4]),
    g: ramp('float32', [18, 5]),
    sizes: i64([1, 2, 9, 7]),
    shape: i64([0, -1]),
    start: i64([1]),
    end: i64([19]),
    axis: i64([1]),
  },
  nodes: [
    node('Conv', 'x w b', 'a', conv),
    node('BatchNormalization', 'a v b b v', 'n', { epsilon: 1e-5 }),
    node('Relu', 'n', 'r'),
    node('Conv', 'r d', 'dw', { ...conv, group: 4, dilations: [1, 1] }),
    node('Add', 'dw r', 's'),
    node('MaxPool', 's', 'p', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
    node('AveragePool', 'p', 'q', { kernel_shape: [2, 2], pads: [0, 0, 1, 1], count_include_pad: 1 }),
    node('ConvTranspose', 'q t', 'u', { strides: [2, 2] }),
    node('Resize', 'u - - sizes', 'z', { mode: 'linear' }),
    node('Reshape', 'z shape', 'f'),
    node('Slice', 'f start end axis', 'c'),
    node('MatMul', 'c g', 'm'),
    node('Softmax', 'm', 'y', { axis: -1 }),
  ],
  outputs: { y: 'float32' },
});

const quantized = onnxFile({
  opset: 18,
  inputs: image,
  constants: {
    s: fromNumbers('float32', [], [0.02]),
    z: fromNumbers('uint8', [], [128]),
    w: fromNumbers(
      'int8',
      [4, 4, 3, 3],
      Array.from({ length: 144 }, (_, i) => ((i * 37) % 255) - 127),
    ),
    ws: fromNumbers('float32', [4], [0.01, 0.02, 0.03, 0.04]),
    wz: fromNumbers('int8', [4], [0, 0, 0, 0]),
  },
  nodes: [
    node('QuantizeLinear', 'x s z', 'xq'),
    node('DequantizeLinear', 'xq s z', 'xd'),
    node('DequantizeLinear', 'w ws wz', 'wd', { axis: 0 }),
    node('Conv', 'xd wd', 'c', conv),
    node('QuantizeLinear', 'c s z', 'cq'),
    node('DequantizeLinear', 'cq s z', 'cd'),
    node('Sigmoid', 'cd', 'g'),
    node('QuantizeLinear', 'g s z', 'gq'),
    node('DequantizeLinear', 'gq s z', 'gd'),
    node('Mul', 'cd gd', 'm'),
    node('QuantizeLinear', 'm s z', 'mq'),
    node('QLinearConv', 'mq s z w ws wz s z', 'k', conv),
    node('DequantizeLinear', 'k s z', 'y'),
  ],
  outputs: { y: 'float32' },
});

const shapes = onnxFile({
  opset: 13,
  inputs: { x: ramp('float32', [2, 3, 4]) },
  constants: {
    one: i64([1]),
    pads: i64([0, 1, 0, 0, 0, 1]),
    index: i64([1, 0]),
    reps: i64([1, 2, 1]),
    half: ramp('float16', [3]),
  },
  nodes: [
    node('Shape', 'x', 's'),
    node('Gather', 's one', 'd'),
    node('Concat', 'one d', 'e', { axis: 0 }),
    node('ConstantOfShape', 'e', 'k', { value: fromNumbers('float32', [1], [2]) }),
    node('Pad', 'x pads', 'p', { mode: 'reflect' }),
    node('Tile', 'p reps', 't'),
    node('Transpose', 't', 'r', { perm: [2, 0, 1] }),
    node('Gather', 'r index', 'g', { axis: 0 }),
    node('Split', 'g', 'h i', { axis: 1 }),
    node('Unsqueeze', 'h one', 'j'),
    node('Expand', 'k e', 'l'),
    node('TopK', 'i one', 'v w', { axis: -1 }),
    node('Cast', 'w', 'c', { to: 1 }),
    node('CumSum', 'c one', 'm'),
    node('ReduceMean', 'j', 'n', { axes: [1], keepdims: 0 }),
    node('Where', 'b v m', 'y'),
    node('Greater', 'v m', 'b'),
  ],
  outputs: { y: 'float32', l: 'float32', n: 'float32' },
});

const branch = (op: string) => fileGraph({ nodes: [node(op, 'x', 'o')], outputs: { o: 'float32' } });

const control = onnxFile({
  opset: 16,
  inputs: { x: ramp('float32', [3, 1, 2]) },
  constants: {
    cond: fromNumbers('bool', [], [1]),
    trips: i64([3], []),
    w: ramp('float32', [1, 8, 2]),
    r: ramp('float32', [1, 8, 2]),
  },
  nodes: [
    {
      op: 'If',
      inputs: ['cond'],
      outputs: ['a'],
      subgraphs: { then_branch: branch('Relu'), else_branch: branch('Neg') },
    },
    {
      op: 'Loop',
      inputs: ['trips', 'cond', 'a'],
      outputs: ['b'],
      subgraphs: {
        body: fileGraph({
          inputs: { i: i64([0], []), c: fromNumbers('bool', [], [1]), v: ramp('float32', [3, 1, 2]) },
          nodes: [node('Identity', 'c', 'co'), node('Add', 'v v', 'vo')],
          outputs: { co: 'bool', vo: 'float32' },
        }),
      },
    },
    node('LSTM', 'b w r', 'y h', { hidden_size: 2 }),
  ],
  outputs: { y: 'float32', h: 'float32' },
});

const calls = onnxFile({
  opset: 18,
  domains: { 'my.ops': 1 },
  inputs: { x: ramp('float32', [2, 3]) },
  nodes: [
    { op: 'Twice', domain: 'my.ops', inputs: ['x'], outputs: ['y'], attributes: { factor: attr.float(2) } },
  ],
  outputs: { y: 'float32' },
  functions: [
    {
      name: 'Twice',
      domain: 'my.ops',
      input: ['a'],
      output: ['b'],
      attribute: ['factor'],
      opsetImport: [{ domain: '', version: 18 }],
      node: [fileNode(node('Add', 'a a', 'c')), fileNode(node('Elu', 'c', 'b', { alpha: 2 }))],
    },
  ],
});

export const fuzzSeeds: Readonly<Record<string, Uint8Array>> = { floats, quantized, shapes, control, calls };
