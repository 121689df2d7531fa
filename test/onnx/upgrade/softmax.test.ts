// Softmax and its relatives, which flattened their input before opset 13.
import { attr } from '../../../lib/graph/attribute.js';
import { f32 } from '../../../lib/tensor/tensor.js';
import { ramp } from '../../helpers/onnx-file.js';
import { oneNode, testUpgrades, x234 } from '../../helpers/upgrade-case.js';

testUpgrades([
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
    ...[0, 1].map((axis) =>
      oneNode(
        `${op} of nothing along ${axis}`,
        11,
        ['Shape', 'Flatten', op, 'Reshape'],
        { op, attributes: { axis: attr.int(axis) } },
        { inputs: { x: f32([2, 3, 0], []) } },
      ),
    ),
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
]);
