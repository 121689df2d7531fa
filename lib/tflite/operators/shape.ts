// Operators that give the same elements another shape, or join and split tensors.
import { attr } from '../../graph/attribute.js';
import { sizeOf } from '../../tensor/shape.js';
import { i64 } from '../../tensor/tensor.js';
import { axisIn, type Layout, type Step } from '../graph-converter.js';
import type { Convert, Operator } from '../operator.js';

/** Stores what a node that only moves elements makes of tensor `x`: of the bytes where both have one scale. */
export function move(operator: Operator, layout: Layout, step: (x: string) => Step): void {
  const { graph } = operator;
  const x = operator.input(0);
  const y = operator.output();
  if (operator.moves(x, y)) graph.store(y, layout, step(graph.stored(x, layout)));
  else graph.storeReal(y, layout, step(graph.real(x, layout)));
}

/** RESHAPE, SQUEEZE and EXPAND_DIMS: the file says what shape the output has. */
export const reshape: Convert = (operator) => {
  const { graph } = operator;
  const { dims } = graph.tensor(operator.output());
  if (sizeOf(dims) !== sizeOf(operator.tensor(0).dims))
    operator.unsupported(`[${operator.tensor(0).dims.join(',')}] as [${dims.join(',')}]`);
  const attributes = { allowzero: attr.int(1) };
  move(operator, 'last', (x) => ({
    op: 'Reshape',
    inputs: [x, graph.constant('shape', i64(dims))],
    attributes,
  }));
};

export const transpose: Convert = (operator) => {
  const perm = attr.ints(operator.integers(1));
  move(operator, 'last', (x) => ({ op: 'Transpose', inputs: [x], attributes: { perm } }));
};

export const concatenation: Convert = (operator) => {
  const { graph, options, inputs } = operator;
  const y = operator.output();
  const { dims } = graph.tensor(y);
  const anyFirst = dims.length === 4 && inputs.some((i) => i >= 0 && graph.layoutOf(i) === 'first');
  const layout = anyFirst ? 'first' : 'last';
  const attributes = { axis: attr.int(axisIn(layout, operator.axis(options.int32(0), dims.length))) };
  const all = inputs.map((_, at) => operator.input(at));
  const tails = operator.activation(1);
  if (tails.length === 0 && operator.moves(y, ...all))
    graph.store(y, layout, { op: 'Concat', inputs: all.map((i) => graph.stored(i, layout)), attributes });
  else
    graph.storeReal(
      y,
      layout,
      { op: 'Concat', inputs: all.map((i) => graph.real(i, layout)), attributes },
      tails,
    );
};

/** PACK: tensors of one shape along a new axis. */
export const pack: Convert = (operator) => {
  const { graph, options, inputs } = operator;
  const y = operator.output();
  const { dims } = graph.tensor(y);
  const axis = operator.axis(options.int32(1), dims.length);
  const all = inputs.map((_, at) => operator.input(at));
  const same = operator.moves(y, ...all);
  const slices = all.map((i) => {
    const x = same ? graph.stored(i, 'last') : graph.real(i, 'last');
    return graph.emit('Unsqueeze', [x, graph.constant('axes', i64([axis]))]);
  });
  const step = { op: 'Concat', inputs: slices, attributes: { axis: attr.int(axis) } };
  if (same) graph.store(y, 'last', step);
  else graph.storeReal(y, 'last', step);
};

/** Splits the tensor that is input `at`, and gives every part to `store`. */
function splitInto(
  operator: Operator,
  at: number,
  axis: number,
  sizes: readonly number[],
  store: (output: number, part: string) => void,
): void {
  const { graph } = operator;
  const x = operator.input(at);
  if (!operator.moves(x, ...operator.outputs)) operator.unsupported('outputs of other scales than the input');
  const parts = graph.emitAll(sizes.length, {
    op: 'Split',
    inputs: [graph.stored(x, 'last'), graph.constant('sizes', i64(sizes))],
    attributes: { axis: attr.int(axis) },
  });
  operator.outputs.forEach((output, i) => {
    store(output, parts[i]);
  });
}

/** SPLIT has its axis as input 0 and the tensor as input 1, SPLIT_V as inputs 2 and 0. */
export function split(tensorAt: number, axisAt: number): Convert {
  return (operator) => {
    const { graph, outputs } = operator;
    const axis = operator.axis(operator.integers(axisAt, 1)[0], operator.tensor(tensorAt).dims.length);
    const sizes = outputs.map((i) => graph.tensor(i).dims[axis] ?? 0);
    splitInto(operator, tensorAt, axis, sizes, (output, part) => {
      graph.store(output, 'last', { op: 'Identity', inputs: [part] });
    });
  };
}

/** UNPACK: the slices along an axis, without it. */
export const unpack: Convert = (operator) => {
  const { graph, options, outputs } = operator;
  if (outputs.length === 1) return reshape(operator);
  const axis = operator.axis(options.int32(1), operator.tensor(0).dims.length);
  const axes = graph.constant('axes', i64([axis]));
  splitInto(
    operator,
    0,
    axis,
    outputs.map(() => 1),
    (output, part) => {
      graph.store(output, 'last', { op: 'Squeeze', inputs: [part, axes] });
    },
  );
};
