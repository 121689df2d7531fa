import { equalize } from '../../../lib/compress/quantize/equalize.js';
import { attr } from '../../../lib/graph/attribute.js';
import type { Graph } from '../../../lib/graph/graph.js';
import { runReference } from '../../../lib/run/reference.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { randomFloats } from '../../helpers/random-floats.js';

/** A convolution of very unequal channels, what `between` makes of it, and a depthwise convolution. */
function pair(between: (g: TestGraph, value: string) => string, group = 4): { graph: Graph; value: string } {
  const g = new TestGraph([1, 3, 6, 6]);
  const w = f32(
    [4, 3, 1, 1],
    randomFloats(12, 3).map((v, i) => v * 10 ** (Math.floor(i / 3) - 2)),
  );
  const value = g.op('Conv', [g.x, g.constant('w', w), g.constant('b', f32([4], [0.01, -0.1, 1, 5]))]);
  const second = g.weights(4, 4 / group, 3, 3);
  const graph = g.done(g.node('Conv', [between(g, value), second], { group: attr.int(group) })[0]!);
  return { graph, value };
}

const feeds = new Map([['x', f32([1, 3, 6, 6], randomFloats(108, 9))]]);

function reachOf(graph: Graph, value: string): number[] {
  const outputs = [{ name: value, dtype: 'float32' as const, dims: null }];
  const y = toNumbers(runReference({ ...graph, outputs }, feeds).get(value)!);
  return Array.from({ length: 4 }, (_, c) => Math.max(...y.slice(c * 36, c * 36 + 36).map(Math.abs)));
}

test.each(['', 'Relu', 'LeakyRelu'])('evens the channels and keeps the results: %s', (op) => {
  const { graph, value } = pair((g, v) => (op === '' ? v : g.op(op, [v])));
  const after = equalize(graph);
  const [[y], [z]] = [graph, after].map((g) => [...runReference(g, feeds).values()].map(toNumbers));
  const scale = Math.max(...y!.map(Math.abs));
  y!.forEach((v, i) => {
    expect(Math.abs(v - z![i]!)).toBeLessThan(1e-5 * scale);
  });
  const spread = (r: number[]): number => Math.max(...r) / Math.min(...r);
  expect(spread(reachOf(after, value))).toBeLessThan(spread(reachOf(graph, value)) / 3);
});

test('a depthwise convolution may be the second of one pair and the first of the next', () => {
  const { graph, value } = pair((g, v) =>
    g.op('Relu', [g.node('Conv', [v, g.weights(4, 1, 1, 1)], { group: attr.int(4) })[0]!]),
  );
  const after = equalize(graph);
  const [[y], [z]] = [graph, after].map((g) => [...runReference(g, feeds).values()].map(toNumbers));
  const scale = Math.max(...y!.map(Math.abs));
  y!.forEach((v, i) => {
    expect(Math.abs(v - z![i]!)).toBeLessThan(1e-5 * scale);
  });
  expect(reachOf(after, value)).not.toEqual(reachOf(graph, value));
  // Both pairs got new weights: that of the middle one twice.
  expect([...after.constants.keys()].filter((name) => name.includes('_equalized_equalized'))).toHaveLength(1);
});

test.each([
  ['a function that is not homogeneous', (g: TestGraph, v: string) => g.op('HardSwish', [v]), 4],
  ['a second user', (g: TestGraph, v: string) => g.op('Add', [g.op('Relu', [v]), v]), 4],
  ['a convolution that mixes channels', (_: TestGraph, v: string) => v, 1],
] as const)('leaves a pair alone when there is %s', (_, between, group) => {
  const { graph } = pair(between, group);
  expect([...equalize(graph).constants.keys()].sort()).toEqual([...graph.constants.keys()].sort());
});
