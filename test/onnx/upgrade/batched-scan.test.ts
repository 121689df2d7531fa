// Scan of opset 8.
import { attr } from '../../../lib/graph/attribute.js';
import { Model } from '../../../lib/model/model.js';
import { fileGraph, onnxFile, ramp } from '../../helpers/onnx-file.js';
import { oneNode, testUpgrades } from '../../helpers/upgrade-case.js';

const inputs = { s: ramp('float32', [2, 4]), x: ramp('float32', [2, 3, 4]) };
const body = fileGraph({
  inputs: { state: ramp('float32', [4]), slice: ramp('float32', [4]) },
  nodes: [
    { op: 'Add', inputs: ['state', 'slice'], outputs: ['sum'] },
    { op: 'Mul', inputs: ['sum', 'slice'], outputs: ['product'] },
  ],
  outputs: { sum: 'float32', product: 'float32' },
});
const outputs = ['last', 'all'];

testUpgrades(
  [[0], [1]].map((directions) =>
    oneNode(
      `Scan, directions ${directions}`,
      8,
      ['Scan'],
      {
        op: 'Scan',
        inputs: ['', 's', 'x'],
        outputs,
        attributes: { num_scan_inputs: attr.int(1), directions: attr.ints(directions) },
        subgraphs: { body },
      },
      { inputs },
    ),
  ),
);

test('sequence lengths are refused', async () => {
  const node = { op: 'Scan', inputs: ['s', 's', 'x'], outputs, subgraphs: { body } };
  const attributes = { num_scan_inputs: attr.int(1) };
  const file = onnxFile({
    opset: 8,
    inputs,
    nodes: [{ ...node, attributes }],
    outputs: { last: 'float32', all: 'float32' },
  });
  await expect(Model.load(file)).rejects.toMatchObject({
    code: 'KPT_ONNX_UNSUPPORTED',
    message: expect.stringContaining('sequence_lens'),
  });
});
