// Tensors without elements or with more axes than steps have, attributes beyond 32 bits: the engine gives what references give.
import { attr } from '../../lib/graph/attribute.js';
import { f32, fromNumbers, i64 } from '../../lib/tensor/tensor.js';
import { expectAgreement, type OneNode, random } from '../helpers/one-node.js';

const z = (d: number[]) => f32(d, []);
test.each<[string, OneNode]>([
  ['Transpose', { op: 'Transpose', inputs: [z([2, 0, 3])], attributes: { perm: attr.ints([2, 1, 0]) } }],
  [
    'Transpose4',
    { op: 'Transpose', inputs: [z([2, 3, 0, 4])], attributes: { perm: attr.ints([0, 2, 3, 1]) } },
  ],
  [
    'Concat',
    {
      op: 'Concat',
      inputs: [z([2, 0, 3]), f32([2, 1, 3], [1, 2, 3, 4, 5, 6])],
      attributes: { axis: attr.int(1) },
    },
  ],
  [
    'Slice',
    {
      op: 'Slice',
      inputs: [random('float32', [2, 3, 4, 5]), i64([1]), i64([1]), i64([1])],
      constants: [1, 2, 3],
    },
  ],
  ['Pad', { op: 'Pad', inputs: [z([2, 0]), i64([0, 1, 0, 1])], constants: [1] }],
  ['Tile', { op: 'Tile', inputs: [random('float32', [2, 3]), i64([0, 2])], constants: [1] }],
  ['Expand', { op: 'Expand', inputs: [random('float32', [2, 1]), i64([2, 0])], constants: [1] }],
  ['Gather', { op: 'Gather', inputs: [random('float32', [2, 3]), i64([], [0])], constants: [1] }],
  ['Conv', { op: 'Conv', inputs: [z([0, 3, 5, 5]), random('float32', [4, 3, 3, 3])], constants: [1] }],
  ['MaxPool', { op: 'MaxPool', inputs: [z([0, 3, 5, 5])], attributes: { kernel_shape: attr.ints([2, 2]) } }],
  ['MatMul', { op: 'MatMul', inputs: [z([0, 3]), random('float32', [3, 4])], constants: [1] }],
  ['MatMulK', { op: 'MatMul', inputs: [z([2, 0]), z([0, 4])] }],
  ['Softmax', { op: 'Softmax', inputs: [z([2, 0])] }],
  ['Softmax0', { op: 'Softmax', inputs: [z([0, 2])] }],
  ['ReduceSum', { op: 'ReduceSum', inputs: [z([2, 0, 3]), i64([1])], constants: [1] }],
  ['Add', { op: 'Add', inputs: [z([2, 0]), f32([1], [3])] }],
  ['Relu', { op: 'Relu', inputs: [z([1, 0, 3, 3])] }],
  ['Split', { op: 'Split', inputs: [random('float32', [2, 3]), i64([0, 2])], outputs: 2, constants: [1] }],
  ['Resize', { op: 'Resize', inputs: [z([0, 1, 2, 2]), null, f32([4], [1, 1, 2, 2])], constants: [2] }],
  ['GAP', { op: 'GlobalAveragePool', inputs: [z([0, 3, 2, 2])] }],
  ['DepthToSpace', { op: 'DepthToSpace', inputs: [z([0, 4, 2, 2])], attributes: { blocksize: attr.int(2) } }],
  ['Cast', { op: 'Cast', inputs: [z([0, 4])], attributes: { to: attr.int(7) } }],
  ['LayerNorm', { op: 'LayerNormalization', inputs: [z([0, 4]), f32([4], [1, 1, 1, 1])], constants: [1] }],
  [
    'rank9',
    {
      op: 'Transpose',
      inputs: [random('float32', [1, 2, 1, 2, 1, 2, 1, 2, 3])],
      attributes: { perm: attr.ints([8, 7, 6, 5, 4, 3, 2, 1, 0]) },
    },
  ],
  [
    'rank9 add',
    { op: 'Add', inputs: [random('float32', [1, 2, 1, 2, 1, 2, 1, 2, 3]), random('float32', [3])] },
  ],
  ['rank9 relu', { op: 'Relu', inputs: [random('float32', [1, 2, 1, 2, 1, 2, 1, 2, 3])] }],
  [
    'rank9 sum',
    {
      op: 'ReduceSum',
      inputs: [random('float32', [1, 2, 1, 2, 1, 2, 1, 2, 3]), i64([1, 3])],
      constants: [1],
    },
  ],
  [
    'rank9 reshape',
    {
      op: 'Reshape',
      inputs: [random('float32', [2, 2, 2, 2, 3]), i64([1, 2, 1, 2, 1, 2, 1, 2, 3])],
      constants: [1],
    },
  ],
  [
    'a flag beyond 32 bits',
    {
      op: 'AveragePool',
      inputs: [random('float32', [1, 2, 4, 4])],
      attributes: {
        kernel_shape: attr.ints([3, 3]),
        pads: attr.ints([1, 1, 1, 1]),
        count_include_pad: attr.int(2 ** 40),
      },
      notInOrt: 'it reads the low bits',
    },
  ],
  [
    'a class beyond 32 bits',
    {
      op: 'NegativeLogLikelihoodLoss',
      inputs: [random('float32', [3, 4]), i64([0, 3, 2])],
      attributes: { ignore_index: attr.int(2 ** 40) },
    },
  ],
  // The window reaches far into the padding, which costs nothing: of a type without steps, the reference.
  [
    'wide window',
    {
      op: 'MaxPool',
      inputs: [fromNumbers('float64', [1, 1, 4], [3, 5, 4, 1])],
      attributes: {
        kernel_shape: attr.ints([2 ** 30]),
        pads: attr.ints([2 ** 30 - 1, 2 ** 30 - 1]),
        strides: attr.ints([2 ** 29]),
      },
      notInOrt: 'it visits every tap',
    },
  ],
])('%s', (_, t) => expectAgreement(t));
