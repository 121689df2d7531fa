import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { graphAttr } from '../../lib/ops/op.js';
import { prepareForRun } from '../../lib/passes/pipeline.js';
import { prepareBodies } from '../../lib/passes/prepare-bodies.js';
import { f32 } from '../../lib/tensor/tensor.js';

const bodyWith = (weight: string): Graph => {
  const b = new GraphBuilder('body', undefined, ['x', weight]);
  const [conv] = b.node('Conv', ['x', weight]);
  b.output(b.node('Relu', [conv!])[0]!, 'float32');
  return b.build();
};

function graphWith(branch: (weight: string) => Graph): Graph {
  const g = new GraphBuilder();
  g.input('x', 'float32', [1, 1, 4, 4]);
  const w = g.constant('w', f32([1, 1, 1, 1], [2]));
  const attributes = { then_branch: attr.graph(branch(w)), else_branch: attr.graph(branch(w)) };
  const [y] = g.node('If', [g.input('flag', 'bool', [])], attributes);
  g.output(y!, 'float32');
  return g.build();
}

test('bodies are rewritten with the constants that they capture', () => {
  const prepared = prepareForRun(graphWith(bodyWith));
  const body = graphAttr(prepared.nodes[0]!, 'then_branch');
  expect(body.nodes.map((node) => node.op)).toEqual(['FusedConv']);
  expect([...body.constants.keys()]).toEqual(['w']);
});

test('a graph without control flow stays as it is', () => {
  const g = new GraphBuilder();
  g.output(g.node('Relu', [g.input('x', 'float32', [2])])[0]!, 'float32');
  const graph = g.build();
  expect(prepareBodies(graph, () => graph)).toBe(graph);
});
