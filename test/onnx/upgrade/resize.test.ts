// Upsample and Resize of older opsets.
import { attr } from '../../../lib/graph/attribute.js';
import { f32, i64 } from '../../../lib/tensor/tensor.js';
import { ramp } from '../../helpers/onnx-file.js';
import { oneNode, testUpgrades } from '../../helpers/upgrade-case.js';

const image = { x: ramp('float32', [1, 2, 5, 6]) };

testUpgrades([
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
]);
