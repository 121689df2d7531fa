// Operators whose attributes became inputs.
import { attr } from '../../../lib/graph/attribute.js';
import { i64 } from '../../../lib/tensor/tensor.js';
import { ramp } from '../../helpers/onnx-file.js';
import { oneNode, testUpgrades, x234 } from '../../helpers/upgrade-case.js';

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

testUpgrades([
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
]);
