// Computes a loss by the reference interpreter: the model's values and the targets are fed as they are.
import { GraphBuilder } from '../../lib/graph/builder.js';
import { runReference } from '../../lib/run/reference.js';
import { scalarOf, type TensorValue } from '../../lib/tensor/tensor.js';
import type { Loss } from '../../lib/train/training.js';

/** `values`: of the model, the first one being its output. */
export function runLoss(
  loss: Loss,
  values: Readonly<Record<string, TensorValue>>,
  targets: Readonly<Record<string, TensorValue>> = {},
): number {
  const g = new GraphBuilder('loss');
  for (const [name, { dtype, dims }] of Object.entries(values)) g.input(name, dtype, dims);
  const typed = (name: string) => {
    const { dtype, dims } = values[name]!;
    return { name, dtype, dims };
  };
  const name = loss.build({
    prediction: (i) => typed(Object.keys(values)[i]!),
    before: (value) => value,
    value: typed,
    target: (hint, { dtype, dims }) => {
      expect(targets[hint]).toMatchObject({ dtype, dims });
      return g.input(hint, dtype, dims);
    },
    add: (op, inputs, attributes = {}, options = {}) => g.node(op, inputs, attributes, options),
    constant: (hint, value) => g.constant(hint, value),
  });
  g.output(name, 'float32', []);
  const feeds = new Map([...Object.entries(values), ...Object.entries(targets)]);
  const value = runReference(g.build(), feeds).get(name)!;
  expect(value.dims).toEqual([]);
  return scalarOf(value, 'the loss');
}
