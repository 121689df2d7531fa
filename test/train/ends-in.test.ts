// Who computes what a model answers, through all that only moves or rounds it.
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import { f32, i64, tensor } from '../../lib/tensor/tensor.js';
import { Teacher } from '../../lib/train/distill/teacher.js';
import { endsIn } from '../../lib/train/ends-in.js';

/** `op` behind a sum, and behind it the operators of `then`. */
function graph(op: string, then: readonly string[]) {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['N', 4]);
  const scale = [
    g.constant('scale', f32([], [1 / 256])),
    g.constant('zero', tensor('uint8', [], new Uint8Array(1))),
  ];
  const others: Readonly<Record<string, readonly string[]>> = {
    QuantizeLinear: scale,
    DequantizeLinear: scale,
    Reshape: [g.constant('shape', i64([-1, 4]))],
  };
  let [y] = g.node(op, g.node('Add', [x, x]));
  for (const next of then) [y] = g.node(next, [y!, ...(others[next] ?? [])]);
  g.output(y!, 'float32');
  return g.build();
}

test.each([
  ['Softmax', []],
  ['Softmax', ['QuantizeLinear', 'DequantizeLinear']],
  ['Sigmoid', ['Reshape', 'Identity']],
  ['Relu', ['QuantizeLinear', 'Reshape', 'DequantizeLinear', 'Flatten']],
])('%s, then %j', (op, then) => {
  const made = graph(op, then);
  expect(['Softmax', 'Sigmoid', 'Relu'].filter((one) => endsIn(made, one))).toEqual([op]);
});

test('what changes values is the last; a model may have no node', () => {
  expect(endsIn(graph('Softmax', ['Log']), 'Softmax')).toBe(false);
  const g = new GraphBuilder();
  g.output(g.input('x', 'float32', ['N', 4]), 'float32');
  expect(endsIn(g.build(), 'Softmax')).toBe(false);
});

test('a teacher knows whether it answers with probabilities, rounded or not, of several classes or of yes', () => {
  const made = [
    graph('Softmax', ['QuantizeLinear', 'DequantizeLinear']),
    graph('Relu', []),
    graph('Sigmoid', []),
  ].map((one) => new Teacher(new Model(one), [], 1));
  const of = (dims: readonly number[]) => made.map((teacher) => teacher.givesProbabilities(f32(dims, [])));
  expect(of([0, 4])).toEqual([true, false, false]);
  expect(of([0, 1])).toEqual([false, false, true]);
  for (const teacher of made) teacher.release();
});
