// Gradients of functions of one number where they are not smooth.
import { GraphBuilder } from '../../../lib/graph/builder.js';
import { Model } from '../../../lib/model/model.js';
import { differentiate } from '../../../lib/run/differentiate.js';
import { runReference } from '../../../lib/run/reference.js';
import { tensor } from '../../../lib/tensor/tensor.js';

test.each([
  [-0.7, 0.8],
  [0.1, 0.3],
  [-0.5, 0.25],
])('Clip of float64 to [%d, %d] lets nothing through beyond its bounds', async (low, high) => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float64', [5]);
  const bounds = [low, high].map((bound) =>
    g.constant('bound', tensor('float64', [], Float64Array.of(bound))),
  );
  const [y] = g.node('Clip', [x, ...bounds]);
  const [loss] = g.node('ReduceSum', [y!]);
  g.output(loss!, 'float64', []);
  const made = differentiate(g.build(), loss!, [x]);
  // Files hold attributes as float32.
  const { graph } = await Model.load(new Model(made).toBytes());
  const values = Float64Array.of(low - 1, low - 1e-9, (low + high) / 2, high + 1e-9, high + 1);
  const feeds = new Map([['x', tensor('float64', [5], values)]]);
  expect([...runReference(graph, feeds).get(graph.outputs.at(-1)!.name)!.data]).toEqual([0, 0, 1, 0, 0]);
});
