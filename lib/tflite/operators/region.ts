// Operators that take a part of a tensor, put something around it or pick from it.
import { attr } from '../../graph/attribute.js';
import { fromNumbers, i64 } from '../../tensor/tensor.js';
import { perAxis } from '../graph-converter.js';
import type { Convert, Operator } from '../operator.js';
import { isUnpadded } from './convolution.js';
import { move } from './shape.js';

const intMax = 2 ** 31 - 1;

export const slice: Convert = (operator) => {
  const { graph } = operator;
  const layout = graph.layoutOf(operator.input(0));
  const rank = operator.tensor(0).dims.length;
  const begin = operator.integers(1, rank);
  const size = operator.integers(2, rank);
  const end = begin.map((from, axis) => (size[axis] < 0 ? intMax : from + size[axis]));
  move(operator, layout, (x) => ({
    op: 'Slice',
    inputs: [x, ...[begin, end].map((list) => graph.constant('at', i64(perAxis(layout, list))))],
  }));
};

/** Masks, a bit for each axis: begin and end that do not count, axes that are single indices and vanish. */
export const stridedSlice: Convert = (operator) => {
  const { graph, options } = operator;
  if (options.int32(2) !== 0 || options.int32(3) !== 0) operator.unsupported('an ellipsis or new axes');
  const strides = operator.integers(3);
  const shrunk = strides.map((_, axis) => (options.int32(4) >> axis) & 1);
  const begin = operator
    .integers(1, strides.length)
    .map((from, axis) =>
      (options.int32(0) >> axis) & 1 && !shrunk[axis] ? (strides[axis] < 0 ? intMax : 0) : from,
    );
  const end = operator.integers(2, strides.length).map((to, axis) => {
    if (shrunk[axis]) return begin[axis] === -1 ? intMax : begin[axis] + 1;
    if ((options.int32(1) >> axis) & 1) return strides[axis] < 0 ? -intMax : intMax;
    return to;
  });
  const axes = strides.map((_, axis) => axis);
  const steps = strides.map((stride, axis) => (shrunk[axis] ? 1 : stride));
  const x = operator.input(0);
  const y = operator.output();
  if (!operator.moves(x, y)) operator.unsupported('an output of another scale than the input');
  const inputs = [
    graph.stored(x, 'last'),
    ...[begin, end, axes, steps].map((list) => graph.constant('at', i64(list))),
  ];
  const gone = axes.filter((axis) => shrunk[axis]);
  const squeeze = (taken: string) => ({ op: 'Squeeze', inputs: [taken, graph.constant('axes', i64(gone))] });
  graph.store(y, 'last', { op: 'Slice', inputs }, gone.length === 0 ? [] : [squeeze]);
};

/** PAD and PADV2: [before, after] for every axis in input 1; zero, or input 2, around. */
export const pad: Convert = (operator) => {
  const { graph } = operator;
  const x = operator.input(0);
  const y = operator.output();
  const { dims, dtype, quantization } = operator.tensor(0);
  const given = operator.integers(1);
  if (given.length !== 2 * dims.length) operator.unsupported(`${given.length} pads for rank ${dims.length}`);
  const before = dims.map((_, axis) => given[2 * axis]);
  const after = dims.map((_, axis) => given[2 * axis + 1]);
  if (!operator.moves(x, y)) operator.unsupported('an output of another scale than the input');
  if (!operator.has(2) && before.length === 4 && before[0] + before[3] + after[0] + after[3] === 0) {
    const pads = [before[1], before[2], after[1], after[2]];
    if (pads.every((p) => p >= 0) && onlyConvolved(operator, y)) {
      graph.paddings.set(y, { tensor: x, pads });
      return;
    }
  }
  const layout = graph.layoutOf(x);
  const pads = graph.constant('pads', i64([...perAxis(layout, before), ...perAxis(layout, after)]));
  const around = operator.has(2)
    ? graph.stored(operator.input(2), 'last')
    : graph.constant('around', fromNumbers(dtype, [], [quantization?.zeros[0] ?? 0]));
  graph.store(y, layout, { op: 'Pad', inputs: [graph.stored(x, layout), pads, around] });
};

/** True when nothing but convolutions without padding of their own reads a tensor. */
function onlyConvolved({ graph }: Operator, tensor: number): boolean {
  const { model } = graph;
  if (model.outputs.includes(tensor)) return false;
  return model.operators.every(
    (user) =>
      !user.inputs.includes(tensor) ||
      ((user.kind === 'CONV_2D' || user.kind === 'DEPTHWISE_CONV_2D') &&
        user.inputs.lastIndexOf(tensor) === 0 &&
        isUnpadded(user)),
  );
}

/** Modes: 0 REFLECT, 1 SYMMETRIC, which ONNX does not have. */
export const mirrorPad: Convert = (operator) => {
  const { graph, options } = operator;
  if (options.int8(0) !== 0) operator.unsupported('symmetric padding');
  const given = operator.integers(1);
  const pads = [...given.filter((_, i) => i % 2 === 0), ...given.filter((_, i) => i % 2 === 1)];
  const attributes = { mode: attr.string('reflect') };
  move(operator, 'last', (x) => ({ op: 'Pad', inputs: [x, graph.constant('pads', i64(pads))], attributes }));
};

export const gather: Convert = (operator) => {
  const { graph, options } = operator;
  if (options.int32(1) !== 0) operator.unsupported('batch dimensions');
  const axis = attr.int(operator.axis(options.int32(0), operator.tensor(0).dims.length));
  const indices = graph.stored(operator.input(1), 'last');
  move(operator, 'last', (x) => ({ op: 'Gather', inputs: [x, indices], attributes: { axis } }));
};
