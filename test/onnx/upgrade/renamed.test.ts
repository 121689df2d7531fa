// Operators that changed name, attributes or defaults.
import { attr } from '../../../lib/graph/attribute.js';
import { f32, i64 } from '../../../lib/tensor/tensor.js';
import { ramp } from '../../helpers/onnx-file.js';
import { oneNode, testUpgrades } from '../../helpers/upgrade-case.js';

const image = { x: ramp('float32', [1, 2, 5, 6]) };

const statistics = {
  scale: f32([3], [1, 2, 0.5]),
  bias: f32([3], [0, 1, -1]),
  mean: f32([3], [0.1, 0.2, 0.3]),
  variance: f32([3], [1, 2, 3]),
};

testUpgrades([
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
]);
