// Where the channels are: by what the model does with its input, and by sizes where it does not tell.
import { attr } from '../../../lib/graph/attribute.js';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import { f32 } from '../../../lib/tensor/tensor.js';
import { isChannelsLast } from '../../../lib/train/augment/channels-last.js';

/** Whether the input of a graph of this shape, taken through operators, has channels last. */
function last(dims: readonly number[], ...ops: readonly (string | readonly number[])[]): boolean {
  const g = new GraphBuilder();
  let value = g.input('x', 'float32', ['N', ...dims]);
  const other = g.constant('c', f32([], [1]));
  for (const op of ops)
    value =
      typeof op === 'string'
        ? g.node(op, op === 'Relu' ? [value] : [value, other])[0]!
        : g.node('Transpose', [value], { perm: attr.ints(op) })[0]!;
  g.output(value, 'float32');
  const graph = g.build();
  return isChannelsLast(graph, graph.inputs[0]!);
}

test.each([
  [true, [8, 6, 12], ['Mul', 'Sub', [0, 3, 1, 2]]],
  [true, [3, 3, 3], [[0, 3, 1, 2]]],
  // A spectrum: 40 bands are channels, and the last axis is none.
  [false, [40, 98, 1], ['Div', 'Conv']],
  [true, [32, 32, 3], ['Relu']],
  [true, [28, 28, 1], []],
  [false, [3, 32, 32], []],
  [false, [1, 28, 1], []],
  [false, [8, 6, 12], ['Relu']],
  [false, [8, 6, 12], [[0, 2, 1, 3]]],
  [false, [28, 3], []],
] as [boolean, number[], (string | number[])[]][])('%s: [N,%j] through %j', (wanted, dims, ops) => {
  expect(last(dims, ...ops)).toBe(wanted);
});
