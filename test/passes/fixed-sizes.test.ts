import { attr } from '../../lib/graph/attribute.js';
import { fixedSizes } from '../../lib/passes/fixed-sizes.js';
import { inferTypes } from '../../lib/passes/infer-types.js';
import { i64 } from '../../lib/tensor/tensor.js';
import { TestGraph } from '../helpers/check-pass.js';

/** Sizes of all axes of what `make` makes of x [N,3,H,W], or of x of these dims; null where they may differ. */
function sizes(make: (g: TestGraph) => string, dims: (number | string)[] = ['N', 3, 'H', 'W']) {
  const g = new TestGraph(dims);
  const name = make(g);
  const graph = g.done(name);
  const types = inferTypes(graph);
  const fixed = fixedSizes(graph, () => types);
  const rank = types.types.get(name)!.dims.length;
  return Array.from({ length: rank }, (_, i) => fixed(name, i - rank) ?? null);
}

const list = (g: TestGraph, ...values: number[]): string => g.constant('list', i64(values));

describe('fixedSizes', () => {
  it('knows sizes that are declared, and all where all are', () => {
    expect(sizes((g) => g.op('Relu', [g.x]))).toEqual([null, 3, null, null]);
    expect(sizes((g) => g.conv(g.x), [1, 3, 5, 6])).toEqual([1, 4, 3, 4]);
  });

  it.each([
    ['Conv', (g) => g.conv(g.x), [null, 4, null, null]],
    ['MaxPool', (g) => g.op('MaxPool', [g.x], { kernel_shape: attr.ints([2, 2]) }), [null, 3, null, null]],
    ['MatMul', (g) => g.op('MatMul', [g.x, g.weights(320, 7)]), [null, 3, null, 7]],
    ['Add', (g) => g.op('Add', [g.x, g.weights(320)]), [null, 3, null, 320]],
    ['Transpose', (g) => g.op('Transpose', [g.x], { perm: attr.ints([0, 2, 3, 1]) }), [null, null, null, 3]],
    ['Transpose of all axes', (g) => g.op('Transpose', [g.x]), [null, null, 3, null]],
    ['Squeeze', (g) => g.op('Squeeze', [g.x, list(g, 0)]), [3, null, null]],
    ['Unsqueeze', (g) => g.op('Unsqueeze', [g.x, list(g, -1)]), [null, 3, null, null, 1]],
    ['Reshape', (g) => g.op('Reshape', [g.x, list(g, 0, 0, -1)]), [null, 3, null]],
    ['GlobalAveragePool', (g) => g.op('GlobalAveragePool', [g.x]), [null, 3, 1, 1]],
    ['Flatten', (g) => g.op('Flatten', [g.op('GlobalMaxPool', [g.x])]), [null, 3]],
    [
      'Concat',
      (g) => g.op('Concat', [g.x, g.conv(g.x, 4, 3)].slice(0, 1), { axis: attr.int(1) }),
      [null, 3, null, null],
    ],
    [
      'Gather',
      (g) => g.op('Gather', [g.weights(9, 7), g.op('Cast', [g.x], { to: attr.int(7) })]),
      [null, 3, null, null, 7],
    ],
    [
      'Reshape to a computed shape',
      (g) => {
        const shape = g.op('Shape', [g.x], { end: attr.int(1) });
        return g.op('Reshape', [g.x, g.op('Concat', [shape, list(g, -1, 24)], { axis: attr.int(0) })]);
      },
      [null, null, 24],
    ],
    [
      'Reshape to its own first sizes',
      (g) => {
        const shape = g.op('Slice', [g.op('Shape', [g.x]), list(g, 0), list(g, 2), list(g, 0)]);
        return g.op('Reshape', [g.x, g.op('Concat', [shape, list(g, -1)], { axis: attr.int(0) })]);
      },
      [null, 3, null],
    ],
  ] as [string, (g: TestGraph) => string, (number | null)[]][])('knows what %s makes', (_, make, wanted) => {
    expect(sizes(make)).toEqual(wanted);
  });
});
