// Chains: which steps become one that goes through the image line by line, and that the plan still computes the same.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { typeOf } from '../../lib/ops/op.js';
import { Engine } from '../../lib/run/engine.js';
import { buildPlan } from '../../lib/run/plan.js';
import { runReference } from '../../lib/run/reference.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { f32, toNumbers } from '../../lib/tensor/tensor.js';
import { signal } from '../helpers/models.js';

interface Variant {
  /** The output of the first convolution is an output too. */
  readonly shown?: boolean;
  /** The last convolution adds the output of the first pooling. */
  readonly residual?: boolean;
  /** Output channels of the last convolution. */
  readonly outputs?: number;
}

/** Convolution 3x3 /2 -> depthwise 3x3 -> max pooling -> pointwise, as networks for images begin. */
function head({ shown = false, residual = false, outputs = 32 }: Variant): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['N', 3, 'H', 'W']);
  const pads = attr.ints([1, 1, 1, 1]);
  const conv = (input: string, name: string, dims: readonly number[], attributes: object): string => {
    const w = g.constant(name, f32(dims, signal(dims.reduce((a, b) => a * b, 1))));
    return g.node('Conv', [input, w], { ...attributes })[0]!;
  };
  const first = conv(x, 'w', [32, 3, 3, 3], { pads, strides: attr.ints([2, 2]) });
  if (shown) g.output(first, 'float32');
  const deep = conv(first, 'd', [32, 1, 3, 3], { pads, group: attr.int(32) });
  const [pooled] = g.node('MaxPool', [deep], { kernel_shape: attr.ints([3, 3]), pads });
  let y = conv(pooled!, 'p', [outputs, 32, 1, 1], {});
  if (residual) [y] = g.node('Add', [y, pooled!]) as [string];
  g.output(y, 'float32');
  return g.build();
}

const image = (size: number) => f32([1, 3, size, size], signal(3 * size * size));

function planOf(graph: Graph, size: number) {
  const engine = new Engine(1);
  const plan = buildPlan(graph, new Map([['x', typeOf(image(size))]]), engine);
  engine.release();
  return plan;
}

test('the head of a network is one step, and tensors inside it take no memory', () => {
  const { stepKinds, arenaBytes } = planOf(head({}), 160);
  expect(stepKinds).toEqual(['chain_f32', 'copy']);
  const input = 4 * 3 * 160 * 160;
  const output = 4 * 32 * 80 * 80;
  const readPadding = 256; // between the two that live at once
  expect(arenaBytes).toBeLessThanOrEqual(Math.max(input + output, 2 * output) + readPadding);
});

test('small tensors in between stay whole', () => {
  expect(planOf(head({}), 32).stepKinds).not.toContain('chain_f32');
});

test('a value that others read ends a chain', () => {
  const chains = (variant: Variant) =>
    planOf(head(variant), 160).stepKinds.filter((kind) => kind === 'chain_f32');
  expect(chains({})).toHaveLength(1);
  expect(chains({ shown: true })).toHaveLength(2);
});

test('a chain ends where threads would make too many lines twice', () => {
  const g = new GraphBuilder();
  let x = g.input('x', 'float32', [1, 64, 'H', 32]);
  for (let i = 0; i < 6; i++) {
    const w = g.constant(`w${i}`, f32([64, 1, 3, 3], signal(576)));
    [x] = g.node('Conv', [x, w], { pads: attr.ints([1, 1, 1, 1]), group: attr.int(64) }) as [string];
  }
  g.output(x, 'float32');
  const graph = g.build();
  const chains = (height: number): number => {
    const engine = new Engine(1);
    const input = f32([1, 64, height, 32], signal(64 * height * 32));
    const { stepKinds } = buildPlan(graph, new Map([['x', typeOf(input)]]), engine);
    engine.release();
    return stepKinds.filter((kind) => kind === 'chain_f32').length;
  };
  expect(chains(256)).toBe(1);
  expect(chains(32)).toBeGreaterThan(1);
});

test('large weights end a chain', () => {
  const kinds = (outputs: number) => planOf(head({ outputs }), 160).stepKinds;
  expect(kinds(512)).not.toContain('conv_f32');
  expect(kinds(513)).toContain('conv_f32');
});

test.each([{}, { shown: true }, { residual: true }])('%j computes what the reference computes', (variant) => {
  const graph = head(variant);
  const feeds = new Map([['x', image(160)]]);
  const wanted = runReference(graph, feeds);
  for (const threads of [1, 2]) {
    const engine = new Engine(threads);
    const runner = new GraphRunner(graph, engine);
    const actual = runner.runSync(feeds);
    for (const { name } of graph.outputs) {
      const [got, want] = [toNumbers(actual.get(name)!), toNumbers(wanted.get(name)!)];
      expect(got.every((value, i) => Math.abs(value - want[i]!) < 1e-3)).toBe(true);
    }
    runner.release();
    engine.release();
  }
});
