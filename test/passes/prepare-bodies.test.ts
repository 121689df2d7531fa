import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { subgraphsOf } from '../../lib/graph/uses.js';
import { prepareForRun } from '../../lib/passes/pipeline.js';
import { prepareBodies } from '../../lib/passes/prepare-bodies.js';
import { f32 } from '../../lib/tensor/tensor.js';

/** If(condition) then relu(x w) else x, with x and w taken from outside. */
function conditional(): Graph {
  const outer = ['x', 'w'];
  const yes = new GraphBuilder('then', undefined, outer);
  const [product] = yes.node('MatMul', ['x', 'w']);
  yes.output(yes.node('Relu', [product])[0], 'float32');
  const no = new GraphBuilder('else', undefined, outer);
  no.output(no.node('Identity', ['x'])[0], 'float32');
  const g = new GraphBuilder();
  g.input('x', 'float32', [1, 2]);
  const condition = g.input('condition', 'bool', []);
  g.constant('w', f32([2, 2], [1, 2, 3, 4]));
  const [y] = g.node('If', [condition], {
    then_branch: { type: 'graph', value: yes.build() },
    else_branch: { type: 'graph', value: no.build() },
  });
  g.output(y, 'float32');
  return g.build();
}

const bodies = (graph: Graph): readonly Graph[] => graph.nodes.flatMap(subgraphsOf);

test('constants from outside move into the bodies that use them', () => {
  const graph = conditional();
  const [yes, no] = bodies(prepareBodies(graph, (body) => body));
  expect([...yes!.constants.keys()]).toEqual(['w']);
  expect(yes!.constants.get('w')).toBe(graph.constants.get('w'));
  expect(no!.constants.size).toBe(0);
});

test('bodies get the passes of the graph around them', () => {
  const [yes] = bodies(prepareForRun(conditional()));
  expect(yes!.nodes.map((node) => node.op)).toEqual(['FusedMatMul']);
  expect(yes!.nodes[0]!.attributes.activation).toEqual(attr.string('relu'));
});

test('a graph without bodies stays as it is', () => {
  const g = new GraphBuilder();
  g.output(g.node('Relu', [g.input('x', 'float32', [1])])[0], 'float32');
  const graph = g.build();
  expect(prepareBodies(graph, () => graph)).toBe(graph);
});
