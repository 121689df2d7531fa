// Weights on their way to the engine: as they are where the engine can turn them, else turned once for all plans.
import { GraphBuilder } from '../../../lib/graph/builder.js';
import type { Matrices } from '../../../lib/ops/op.js';
import { buildPlan } from '../../../lib/run/plan.js';
import type { TensorValue } from '../../../lib/tensor/tensor.js';
import { noise } from '../../helpers/run-reference.js';

/** The weights that each of two plans of one graph gives to the engine. */
function given(op: string, w: TensorValue): { value: TensorValue; order: Matrices | undefined }[] {
  const g = new GraphBuilder();
  const [y] = g.node(op, [g.input('x', 'float32', [1, 4, null, 7]), g.constant('w', w)]);
  g.output(y!, 'float32');
  const graph = g.build();
  return [5, 6].map((height) => {
    const constants: { value: TensorValue; order: Matrices | undefined }[] = [];
    buildPlan(graph, new Map([['x', { dtype: 'float32', dims: [1, 4, height, 7] }]]), {
      constant: (value, order) => constants.push({ value, order }) - 1,
    });
    return constants[0]!;
  });
}

test('Conv: no copy, and the order in which they lie', () => {
  const w = noise('float32', [2, 4, 3, 2]);
  for (const { value, order } of given('Conv', w)) {
    expect(value.data).toBe(w.data);
    expect(value.dims).toEqual([2, 3, 2, 4]);
    expect(order).toEqual({ rows: 4, columns: 6 });
  }
});

test('Conv of one tap: as they are', () => {
  const w = noise('float32', [2, 4, 1, 1]);
  for (const { value, order } of given('Conv', w)) {
    expect(value.data).toBe(w.data);
    expect(order).toBeUndefined();
  }
});

test('ConvTranspose: one copy for every plan', () => {
  const [first, second] = given('ConvTranspose', noise('float32', [4, 2, 3, 2]));
  expect(first!.value.dims).toEqual([2, 3, 2, 4]);
  expect(first!.order).toBeUndefined();
  expect(first!.value).toBe(second!.value);
});
