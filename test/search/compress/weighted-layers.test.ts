// What a report says of the layers of a candidate.

import { Tensor } from 'onnxruntime-common';
import { quantize } from '../../../lib/compress/quantize-model.js';
import { fatesOf } from '../../../lib/search/compress/weighted-layers.js';
import { buildNetwork } from '../../../lib/train/networks/index.js';

test.each([
  [{}, 1],
  // Two to a byte in the file.
  [{ weightBits: 4 }, 2],
  [{ weightBits: 4, int4: false }, 1],
])('bytes of weights quantised with %j', async (options, toAByte) => {
  const net = buildNetwork('lenet-300-100', { seed: 1 });
  const image = new Tensor('float32', new Float32Array(784).fill(0.5), [1, 1, 28, 28]);
  const { model } = await quantize(net, { data: [{ [net.graph.inputs[0]!.name]: image }], ...options });
  const [, inner] = fatesOf(net.graph, model.graph);
  expect(inner).toMatchObject({ runs: 'int8', bytesBefore: 4 * 300 * 100, bytesAfter: 30_000 / toAByte });
});
