// The pipeline leaves passes out where their operators are absent: they would have changed nothing.
import { opKey } from '../../lib/graph/graph.js';
import { GraphEditor } from '../../lib/graph/rewrite.js';
import { Model } from '../../lib/model/model.js';
import { runPasses, runPipeline } from '../../lib/passes/pipeline.js';
import { npmModels } from '../helpers/models.js';
import { sharedData } from '../helpers/shared-data.js';

const files = [
  'foreign-quantized/resnet8_cifar10_qdq_u8s8_perchannel.onnx',
  'foreign-quantized/resnet8_cifar10_qoperator_u8u8.onnx',
  'foreign-quantized/dscnn_kws_qdq_s8s8_pertensor.onnx',
];
const models: (readonly [string, string])[] = npmModels.map(({ name, path }) => [name, path] as const);
for (const file of files) {
  const path = sharedData(file);
  if (path !== null) models.push([file, path]);
}

test.each(models)('%s: a pass that is left out finds nothing', async (_, path) => {
  // Every pass leaves an unchanged graph alone that an editor has put in order.
  let graph = new GraphEditor((await Model.load(path)).graph).finish();
  let left = 0;
  for (const { pass } of runPasses) {
    const operators = new Set(graph.nodes.map(opKey));
    const next = pass.run(graph);
    if (pass.needs?.every((op) => !operators.has(op))) {
      left++;
      expect([pass.name, next === graph]).toEqual([pass.name, true]);
    }
    graph = next;
  }
  expect(left).toBeGreaterThan(0);
  const ops = runPipeline(runPasses, (await Model.load(path)).graph).nodes.map(opKey);
  expect(ops).toEqual(graph.nodes.map(opKey));
});
