// LSTM, GRU and RNN in the engine against their references, and which forms stay on the host.
import { attr } from '../../../lib/graph/attribute.js';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import type { Attribute } from '../../../lib/graph/graph.js';
import { Engine } from '../../../lib/run/engine.js';
import { runReference } from '../../../lib/run/reference.js';
import { GraphRunner } from '../../../lib/run/runner.js';
import { type TensorValue, toNumbers } from '../../../lib/tensor/tensor.js';
import { noise } from '../../helpers/run-reference.js';

type Attributes = Readonly<Record<string, Attribute>>;
interface Form {
  readonly op: 'LSTM' | 'GRU' | 'RNN';
  readonly steps: number;
  readonly batch: number;
  readonly attributes?: Attributes;
  /** Which of the optional inputs B, initial_h, initial_c are there. */
  readonly inputs?: readonly boolean[];
  readonly outputs?: readonly boolean[];
  readonly lengths?: TensorValue;
}

const gatesOf = { LSTM: 4, GRU: 3, RNN: 1 };

/** Runs one node over [steps, batch, 5] with 6 units; also says whether the engine did it all. */
function compare(form: Form): { worst: number; native: boolean } {
  const { op, steps, batch, attributes = {}, inputs = [true, true, true], lengths } = form;
  const both = attributes.direction?.value === 'bidirectional';
  const batchFirst = attributes.layout?.value === 1;
  const d = both ? 2 : 1;
  const rows = gatesOf[op] * 6;
  const state = batchFirst ? [batch, d, 6] : [d, batch, 6];
  const g = new GraphBuilder();
  const feeds = new Map<string, TensorValue>();
  const fed = (name: string, value: TensorValue): string => {
    feeds.set(name, value);
    return g.input(name, value.dtype, value.dims);
  };
  const names = [
    fed('x', noise('float32', batchFirst ? [batch, steps, 5] : [steps, batch, 5])),
    g.constant('w', noise('float32', [d, rows, 5], 2)),
    g.constant('r', noise('float32', [d, rows, 6], 3)),
    inputs[0] ? g.constant('b', noise('float32', [d, 2 * rows], 4)) : '',
    lengths === undefined ? '' : g.constant('lengths', lengths),
    inputs[1] ? fed('h', noise('float32', state, 5)) : '',
    ...(op === 'LSTM' ? [inputs[2] ? fed('c', noise('float32', state, 6)) : ''] : []),
  ];
  const wanted = form.outputs ?? [true, true, op === 'LSTM'];
  const made = g.node(op, names, attributes, { outputs: wanted.map((yes, i) => (yes ? `y${i}` : '')) });
  const results = made.filter((name) => name !== '');
  for (const name of results) g.output(name, 'float32');
  const graph = g.build();
  const engine = new Engine(1);
  const runner = new GraphRunner(graph, engine);
  const types = new Map([...feeds].map(([name, { dtype, dims }]) => [name, { dtype, dims }]));
  const native = runner.prepare(types).plan.schedule.every((item) => item.kind === 'native');
  const actual = runner.runSync(feeds);
  const expected = runReference(graph, feeds);
  runner.release();
  engine.release();
  const worst = results.map((name) => {
    const [a, b] = [toNumbers(actual.get(name)!), toNumbers(expected.get(name)!)];
    expect(a.length).toBe(b.length);
    return a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0);
  });
  return { worst: Math.max(...worst), native };
}

const forms: readonly (readonly [string, Form])[] = [
  ['LSTM, one step', { op: 'LSTM', steps: 1, batch: 1 }],
  [
    'LSTM, both directions',
    { op: 'LSTM', steps: 7, batch: 3, attributes: { direction: attr.string('bidirectional') } },
  ],
  ['LSTM without bias and states', { op: 'LSTM', steps: 4, batch: 2, inputs: [false, false, false] }],
  ['LSTM, only the last state', { op: 'LSTM', steps: 4, batch: 2, outputs: [false, true] }],
  ['LSTM, batch first', { op: 'LSTM', steps: 4, batch: 3, attributes: { layout: attr.int(1) } }],
  [
    'LSTM, hard sigmoid',
    {
      op: 'LSTM',
      steps: 3,
      batch: 2,
      attributes: { activations: attr.strings(['HardSigmoid', 'Tanh', 'Relu']) },
    },
  ],
  ['GRU', { op: 'GRU', steps: 5, batch: 2 }],
  [
    'GRU, reset behind R, both directions',
    {
      op: 'GRU',
      steps: 5,
      batch: 2,
      attributes: { linear_before_reset: attr.int(1), direction: attr.string('bidirectional') },
    },
  ],
  ['GRU, backwards', { op: 'GRU', steps: 5, batch: 1, attributes: { direction: attr.string('reverse') } }],
  ['RNN', { op: 'RNN', steps: 5, batch: 2 }],
  ['RNN, relu', { op: 'RNN', steps: 5, batch: 2, attributes: { activations: attr.strings(['Relu']) } }],
];

test.each(forms)('%s runs in the engine', (_, form) => {
  const { worst, native } = compare(form);
  expect(native).toBe(true);
  expect(worst).toBeLessThan(2e-6);
});

const host: readonly (readonly [string, Form])[] = [
  ['clip', { op: 'LSTM', steps: 2, batch: 2, attributes: { clip: attr.float(0.5) } }],
  ['coupled gates', { op: 'LSTM', steps: 2, batch: 2, attributes: { input_forget: attr.int(1) } }],
  ['lengths', { op: 'GRU', steps: 3, batch: 2, lengths: noise('int32', [2], 1, [1, 3]) }],
  [
    'a function the step does not know',
    { op: 'RNN', steps: 2, batch: 1, attributes: { activations: attr.strings(['Affine']) } },
  ],
];

test.each(host)('with %s it runs by the reference', (_, form) => {
  const { worst, native } = compare(form);
  expect(native).toBe(false);
  expect(worst).toBe(0);
});
