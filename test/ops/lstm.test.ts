// LSTM in the engine against its reference: all outputs, directions, initial states; and what stays with the reference.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Attribute } from '../../lib/graph/graph.js';
import { Engine } from '../../lib/run/engine.js';
import { runReference } from '../../lib/run/reference.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { noise } from '../helpers/run-reference.js';

interface Case {
  readonly steps: number;
  readonly batch: number;
  readonly input: number;
  readonly hidden: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Of B and of the initial states. */
  readonly optional?: boolean;
}

function graphOf({ steps, batch, input, hidden, attributes = {}, optional = true }: Case) {
  const bidirectional = attributes.direction?.value === 'bidirectional';
  const directions = bidirectional ? 2 : 1;
  const g = new GraphBuilder();
  const feeds = new Map<string, TensorValue>();
  const feed = (name: string, dims: readonly number[], seed: number): string => {
    feeds.set(name, noise('float32', dims, seed));
    return g.input(name, 'float32', dims);
  };
  const inputs = [
    feed('x', [steps, batch, input], 1),
    g.constant('w', noise('float32', [directions, 4 * hidden, input], 2)),
    g.constant('r', noise('float32', [directions, 4 * hidden, hidden], 3)),
    ...(optional ? [g.constant('b', noise('float32', [directions, 8 * hidden], 4)), ''] : []),
    ...(optional
      ? [feed('h', [directions, batch, hidden], 5), feed('c', [directions, batch, hidden], 6)]
      : []),
  ];
  const outputs = g.node('LSTM', inputs, attributes, { outputs: ['y', 'yh', 'yc'] });
  for (const name of outputs) g.output(name, 'float32');
  return { graph: g.build(), feeds };
}

function run(one: Case) {
  const { graph, feeds } = graphOf(one);
  const engine = new Engine(1);
  const runner = new GraphRunner(graph, engine);
  const actual = runner.runSync(feeds);
  const [ready] = runner.readyPlans();
  const native = ready!.plan.schedule.every((item) => item.kind === 'native');
  runner.release();
  engine.release();
  return { actual, wanted: runReference(graph, feeds), native };
}

function expectAlike(
  actual: ReadonlyMap<string, TensorValue>,
  wanted: ReadonlyMap<string, TensorValue>,
): void {
  for (const [name, value] of wanted) {
    const mine = actual.get(name) as TensorValue;
    expect(mine.dims).toEqual(value.dims);
    const b = toNumbers(value);
    toNumbers(mine).forEach((v, i) => {
      expect(Math.abs(v - b[i]!)).toBeLessThan(1e-5);
    });
  }
}

const direction = (value: string) => ({ direction: attr.string(value) });

test.each<Case>([
  { steps: 1, batch: 1, input: 1, hidden: 1 },
  { steps: 5, batch: 1, input: 7, hidden: 16 },
  { steps: 3, batch: 4, input: 9, hidden: 17, attributes: direction('reverse') },
  { steps: 4, batch: 3, input: 5, hidden: 33, attributes: direction('bidirectional') },
  { steps: 2, batch: 13, input: 3, hidden: 8, optional: false },
])('%j runs in the engine', (one) => {
  const { actual, wanted, native } = run(one);
  expect(native).toBe(true);
  expectAlike(actual, wanted);
});

test.each<[string, Case['attributes']]>([
  ['clip', { clip: attr.float(0.1) }],
  ['input_forget', { input_forget: attr.int(1) }],
])('%s is left to the reference', (_, attributes) => {
  const { actual, wanted, native } = run({ steps: 2, batch: 2, input: 3, hidden: 5, attributes });
  expect(native).toBe(false);
  expectAlike(actual, wanted);
});
