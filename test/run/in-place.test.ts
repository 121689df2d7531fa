// shareBlocks: elementwise steps take the memory of an input that dies, and of no other.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { typeOf } from '../../lib/ops/op.js';
import { Engine } from '../../lib/run/engine.js';
import { buildPlan } from '../../lib/run/plan.js';
import { runReference } from '../../lib/run/reference.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { f32, i64, toNumbers } from '../../lib/tensor/tensor.js';
import { signal } from '../helpers/models.js';

const channels = 16;
const x = f32([1, 1, 16, 16], signal(256));
const bigBytes = 4 * channels * 256;

/** Two convolutions of x to 16 channels, then what `tail` makes of them. */
function graphOf(tail: (g: GraphBuilder, x: string, a: string, b: string) => readonly string[]): Graph {
  const g = new GraphBuilder();
  const input = g.input('x', 'float32', [1, 1, 16, 16]);
  const [a, b] = [1, 2].map((i) => {
    const w = g.constant(`w${i}`, f32([channels, 1, 1, 1], signal(channels * i).slice(-channels)));
    return g.node('Conv', [input, w])[0]!;
  });
  for (const output of tail(g, input, a!, b!)) g.output(output, 'float32');
  return g.build();
}

const graphs: Readonly<Record<string, Graph>> = {
  'both inputs die': graphOf((g, _, a, b) => g.node('Add', [a, b])),
  'one input is read again': graphOf((g, _, a, b) => {
    const [sum] = g.node('Mul', [a, b]);
    const [bent] = g.node('Tanh', [sum!]);
    return g.node('Sub', [bent!, a]);
  }),
  'an input is an output too': graphOf((g, _, a, b) => {
    const [sum] = g.node('Add', [a, b]);
    const [squashed] = g.node('Sigmoid', [sum!]);
    return [sum!, squashed!];
  }),
  'the same input twice': graphOf((g, _, a, b) => {
    const [square] = g.node('Mul', [a, a]);
    return g.node('Add', [square!, b]);
  }),
  'a chain': graphOf((g, _, a, b) => {
    const [first] = g.node('Add', [a, b]);
    const [second] = g.node('Tanh', [first!]);
    const [third] = g.node('Sigmoid', [second!]);
    return g.node('Mul', [third!, b]);
  }),
  'a part is written over': graphOf((g, input) => {
    const dims = g.constant('dims', i64([1, channels, 16, 16]));
    const place = g.constant('place', i64([0, 3, 0, 1], [2, 2]));
    const few = g.constant('few', f32([2, 16, 16], signal(512)));
    const [negative] = g.node('Neg', [input]);
    const [one] = g.node('Expand', [input, dims]);
    const [other] = g.node('Expand', [negative!, dims]);
    const [changed] = g.node('ScatterND', [one!, place, few]);
    return g.node('Mul', [changed!, other!]);
  }),
  'what is written over is read meanwhile': graphOf((g, _, a, b) => {
    const [sum] = g.node('Add', [a, b]);
    const [bent] = g.node('Relu', [sum!]);
    const all = Array.from({ length: channels * 256 }, (_, i) => (i * 7) % 16);
    const at = g.constant('at', i64(all, [1, channels, 16, 16]));
    return g.node('ScatterElements', [bent!, at, bent!], { axis: attr.int(2) });
  }),
  'the graph input is read again': graphOf((g, input, a) => {
    const [negative] = g.node('Neg', [input]);
    const [sum] = g.node('Add', [negative!, input]);
    return [sum!, ...g.node('Mul', [a, input])];
  }),
};

test.each([
  ['a sum', 'both inputs die'],
  ['a scatter', 'a part is written over'],
])('%s takes the memory of an input', (_, name) => {
  const engine = new Engine(1);
  const { arenaBytes } = buildPlan(graphs[name]!, new Map([['x', typeOf(x)]]), engine);
  engine.release();
  // Two images and x: a third image would not fit.
  expect(arenaBytes).toBeLessThan(3 * bigBytes);
});

test.each(Object.keys(graphs))('%s: run after run as the reference', (name) => {
  const graph = graphs[name]!;
  const engine = new Engine(2);
  const runner = new GraphRunner(graph, engine);
  const feeds = new Map([['x', x]]);
  const wanted = runReference(graph, feeds);
  for (let run = 0; run < 3; run++) {
    const actual = runner.runSync(feeds);
    for (const { name: output } of graph.outputs) {
      const want = toNumbers(wanted.get(output)!);
      toNumbers(actual.get(output)!).forEach((value, i) => {
        expect(value).toBeCloseTo(want[i]!, 5);
      });
    }
  }
  runner.release();
  engine.release();
});
