// Adapters of low rank: nothing changes at first, and merged they are what they were beside the layers.
import type { Graph } from '../../../lib/graph/graph.js';
import { verify } from '../../../lib/graph/verify.js';
import { runReference } from '../../../lib/run/reference.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { type Adapted, mergeLowRank, withLowRank } from '../../../lib/train/residual/low-rank.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { randomFloats } from '../../helpers/random-floats.js';

/** Strided and dilated convolutions, one with groups, and the three forms of fully connected layers. */
function network(): Graph {
  const g = new TestGraph([2, 3, 9, 9]);
  const ints = (...value: number[]) => ({ type: 'ints', value }) as const;
  let x = g.op('Conv', [g.x, g.weights(4, 3, 3, 3), g.weights(4)], {
    kernel_shape: ints(3, 3),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
  });
  x = g.op('Relu', [g.op('Conv', [x, g.weights(4, 1, 1, 1)], { group: { type: 'int', value: 4 } })]);
  x = g.op('Conv', [x, g.weights(2, 4, 2, 2)], { dilations: ints(2, 2) });
  x = g.op('Flatten', [x]);
  x = g.op('Gemm', [x, g.weights(5, 18), g.weights(5)], { transB: { type: 'int', value: 1 } });
  x = g.op('Gemm', [x, g.weights(5, 6)]);
  return g.done(g.op('MatMul', [x, g.weights(6, 3)]));
}

const feeds = new Map([['x', f32([2, 3, 9, 9], randomFloats(2 * 3 * 81, 3))]]);
const run = (graph: Graph) => [...toNumbers(runReference(verify(graph), feeds).get(graph.outputs[0]!.name)!)];

/** As if trained: every factor random. */
function trained({ graph, adapters }: Adapted): Graph {
  const constants = new Map(graph.constants);
  adapters.forEach(({ down, up }, i) => {
    for (const [j, name] of [down, up].entries()) {
      const { dims, data } = constants.get(name)!;
      constants.set(name, f32(dims, randomFloats(data.length, 10 * i + j, 0.5)));
    }
  });
  return { ...graph, constants };
}

test('each layer but the grouped one gets an adapter, which changes nothing yet', () => {
  const source = network();
  const adapted = withLowRank(source, 2, 1);
  expect(adapted.adapters).toHaveLength(5);
  expect(run(adapted.graph)).toEqual(run(source));
});

test('merged, the graph has the nodes of the source and the results of the adapted one', () => {
  const source = network();
  const adapted = withLowRank(source, 2, 1);
  const graph = trained(adapted);
  const [before, beside] = [run(source), run(graph)];
  expect(Math.max(...before.map((v, i) => Math.abs(v - beside[i]!)))).toBeGreaterThan(0.1);
  const merged = mergeLowRank(graph, adapted.adapters);
  expect(merged.nodes.map(({ op, name, attributes }) => ({ op, name, attributes }))).toEqual(
    source.nodes.map(({ op, name, attributes }) => ({ op, name, attributes })),
  );
  const reach = Math.max(...beside.map(Math.abs));
  for (const [i, v] of run(merged).entries()) expect(Math.abs(v - beside[i]!)).toBeLessThan(1e-5 * reach);
  expect(merged.constants.size).toBe(source.constants.size);
});

test('the seed decides the first factor', () => {
  const factor = (seed: number) => {
    const { graph, adapters } = withLowRank(network(), 1, seed);
    return graph.constants.get(adapters[0]!.down);
  };
  expect(factor(1)).toEqual(factor(1));
  expect(factor(1)).not.toEqual(factor(2));
});

test('a model without layers is refused', () => {
  const g = new TestGraph([1, 3]);
  expect(() => withLowRank(g.done(g.op('Relu', [g.x])), 1, 1)).toThrow(
    expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
  );
});
