// fuseSteps: which pairs of convolutions become one step, and that the plan still computes the same.
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
  readonly channels?: number;
  readonly outputs?: number;
  readonly pointStride?: number;
  /** The value in between is an output too. */
  readonly shown?: boolean;
  /** An operator without a native form stands between the two convolutions. */
  readonly apart?: boolean;
}

/** Relu -> depthwise 3x3 -> pointwise -> Relu. */
function pair({ channels = 8, outputs = 5, pointStride = 1, shown = false, apart = false }: Variant): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['N', channels, 'H', 'W']);
  const [before] = g.node('Relu', [x]);
  const w = g.constant('w', f32([channels, 1, 3, 3], signal(channels * 9)));
  const pads = attr.ints([1, 1, 1, 1]);
  let [middle] = g.node('Conv', [before!, w], { pads, group: attr.int(channels) });
  if (shown) g.output(middle!, 'float32');
  if (apart) [middle] = g.node('Cos', [middle!]);
  const p = g.constant('p', f32([outputs, channels, 1, 1], signal(outputs * channels)));
  const strides = attr.ints([pointStride, pointStride]);
  const [y] = g.node('Conv', [middle!, p], { strides });
  const [z] = g.node('Relu', [y!]);
  g.output(z!, 'float32');
  return g.build();
}

const x = f32([2, 8, 9, 7], signal(2 * 8 * 9 * 7));

function kindsOf(graph: Graph, input = x): readonly string[] {
  const engine = new Engine(1);
  const { stepKinds } = buildPlan(graph, new Map([['x', typeOf(input)]]), engine);
  engine.release();
  return stepKinds;
}

test('a depthwise and a pointwise convolution become one step', () => {
  expect(kindsOf(pair({}))).toContain('separable_f32');
  expect(kindsOf(pair({}))).not.toContain('conv_f32');
});

test.each([
  ['when the value in between is an output', { shown: true }],
  ['when the host works in between', { apart: true }],
  ['with a stride of the pointwise one', { pointStride: 2 }],
])('they stay apart %s', (_, variant) => {
  expect(kindsOf(pair(variant)).filter((kind) => kind === 'conv_f32')).toHaveLength(2);
});

test('they stay apart when the weights are large', () => {
  const wide = f32([1, 256, 2, 2], signal(1024));
  expect(kindsOf(pair({ channels: 256, outputs: 64 }), wide)).toContain('separable_f32');
  expect(kindsOf(pair({ channels: 256, outputs: 65 }), wide)).not.toContain('separable_f32');
});

test.each([{}, { shown: true }, { apart: true }] as const)(
  '%j computes what the reference computes',
  (variant) => {
    const graph = pair(variant);
    const engine = new Engine(2);
    const runner = new GraphRunner(graph, engine);
    const feeds = new Map([['x', x]]);
    const wanted = runReference(graph, feeds);
    const actual = runner.runSync(feeds);
    for (const { name } of graph.outputs) {
      const want = toNumbers(wanted.get(name)!);
      toNumbers(actual.get(name)!).forEach((value, i) => {
        expect(value).toBeCloseTo(want[i]!, 4);
      });
    }
    runner.release();
    engine.release();
  },
);
