// Names of subgraphs.
import { attr } from '../../lib/graph/attribute.js';
import { verify } from '../../lib/graph/verify.js';
import { Model } from '../../lib/model/model.js';
import { fileGraph, runInOrt } from '../helpers/onnx-file.js';
import { file, relu, x } from '../helpers/small-model.js';

test('names in subgraphs that repeat outer names are made unique', async () => {
  const branch = (op: string) =>
    fileGraph({ nodes: [{ op, inputs: ['x'], outputs: ['v'] }, relu('v', 'r')], outputs: { r: 'float32' } });
  const bytes = file([
    relu('x', 'v'),
    {
      op: 'Constant',
      inputs: [],
      outputs: ['c'],
      attributes: { value: attr.tensor({ dtype: 'bool', dims: [], data: Uint8Array.of(0) }) },
    },
    {
      op: 'If',
      inputs: ['c'],
      outputs: ['r'],
      subgraphs: { then_branch: branch('Abs'), else_branch: branch('Neg') },
    },
    { op: 'Add', inputs: ['v', 'r'], outputs: ['y'] },
  ]);
  const model = Model.loadSync(bytes);
  verify(model.graph);
  const [values] = [x.x.data as Float32Array];
  const { y } = await runInOrt(model.toBytes(), x);
  expect(y!.values).toEqual([...values].map((v) => Math.max(v, 0) + Math.max(-v, 0)));
});
