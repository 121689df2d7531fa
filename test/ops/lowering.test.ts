// What operators cost in the engine: which native steps they become behind a channels-last value.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Attribute } from '../../lib/graph/graph.js';
import { Engine } from '../../lib/run/engine.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { f32, i64, type TensorValue } from '../../lib/tensor/tensor.js';

/** Steps of MaxPool -> op, without those that bring the input in. */
function stepsOf(
  op: string,
  dims: readonly number[],
  constants: readonly TensorValue[] = [],
  attributes: Readonly<Record<string, Attribute>> = {},
): string[] {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', dims);
  const [pooled] = g.node('MaxPool', [x], { kernel_shape: attr.ints([1, 1]) });
  const [y] = g.node(op, [pooled!, ...constants.map((c) => g.constant('c', c))], attributes);
  g.output(y!, 'float32');
  const engine = new Engine(1);
  const runner = new GraphRunner(g.build(), engine);
  const { plan } = runner.prepare(new Map([['x', { dtype: 'float32', dims }]]));
  runner.release();
  engine.release();
  const kinds: readonly string[] = plan.stepKinds;
  return kinds.slice(kinds.indexOf('max_pool') + 1);
}

const image = [2, 3, 4, 5];
const perm = (...axes: number[]) => ({ perm: attr.ints(axes) });

test.each<[string, string[], string[]]>([
  ['a transpose to channels-last is no step', stepsOf('Transpose', image, [], perm(0, 2, 3, 1)), []],
  ['any other transpose is one copy', stepsOf('Transpose', image, [], perm(3, 0, 1, 2)), ['copy']],
  ['a reshape of one pixel is no step', stepsOf('Reshape', [2, 8, 1, 1], [i64([2, 8])]), []],
  ['a reshape of one channel is no step', stepsOf('Reshape', [2, 1, 4, 5], [i64([2, 20])]), []],
  ['a global mean is one reduction', stepsOf('ReduceMean', image, [i64([2, 3])]), ['reduce_f32']],
  ['a mean over channels is one reduction', stepsOf('ReduceMean', image, [i64([1])]), ['reduce_f32']],
  [
    'a unary function keeps the layout; the copy makes the output plain',
    stepsOf('Relu', image),
    ['unary_f32', 'copy'],
  ],
  [
    'a constant per channel is permuted',
    stepsOf('Add', image, [f32([3, 1, 1], [1, 2, 3])]),
    ['binary_f32', 'copy'],
  ],
  ['a slice keeps the layout', stepsOf('Slice', image, [i64([1]), i64([3]), i64([1])]), ['copy', 'copy']],
  [
    'padding fills and copies',
    stepsOf('Pad', image, [i64([0, 0, 1, 1, 0, 0, 1, 1])]),
    ['fill', 'copy', 'copy'],
  ],
  ['Identity is no step but the copy of the output', stepsOf('Identity', image), ['copy']],
])('%s', (_, steps, wanted) => {
  expect(steps).toEqual(wanted);
});
