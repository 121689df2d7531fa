// Upgrades inside subgraphs, and what is too old to be raised.
import { attr } from '../../lib/graph/attribute.js';
import { Model } from '../../lib/model/model.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { fileGraph, onnxFile } from '../helpers/onnx-file.js';
import { testUpgrades, x234 } from '../helpers/upgrade-case.js';

testUpgrades([
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
]);

test.each([
  [
    'BatchNormalization with spatial = 0',
    7,
    { op: 'BatchNormalization', inputs: ['x', 'x', 'x', 'x', 'x'], attributes: { spatial: attr.int(0) } },
  ],
])('%s is refused', async (_, opset, node) => {
  const file = onnxFile({
    opset,
    inputs: x234,
    nodes: [{ ...node, outputs: ['y'] }],
    outputs: { y: 'float32' },
  });
  await expect(Model.load(file)).rejects.toMatchObject({ code: 'KPT_ONNX_UNSUPPORTED' });
});

test('opset 0 is refused', async () => {
  const file = onnxFile({
    opset: 0,
    inputs: x234,
    nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
    outputs: { y: 'float32' },
  });
  await expect(Model.load(file)).rejects.toMatchObject({ code: 'KPT_ONNX_UNSUPPORTED' });
});
