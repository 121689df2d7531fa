// Operators that work element by element, and softmax.
import { attr } from '../../graph/attribute.js';
import { dtypes } from '../../tensor/dtype.js';
import { sizeOf } from '../../tensor/shape.js';
import { f32 } from '../../tensor/tensor.js';
import { axisIn, type Layout, type Step, type Tail } from '../graph-converter.js';
import { type Convert, clip, type Operator } from '../operator.js';

/** A function of one tensor; `steps` are the nodes for it. */
function unaryOf(steps: (operator: Operator) => readonly [Tail, ...Tail[]]): Convert {
  return (operator) => {
    const x = operator.input(0);
    const layout = operator.graph.layoutOf(x);
    const [first, ...rest] = steps(operator);
    operator.graph.storeReal(operator.output(), layout, first(operator.graph.real(x, layout)), rest);
  };
}

const node =
  (op: string, attributes: Step['attributes'] = {}): Tail =>
  (x) => ({ op, inputs: [x], attributes });

export const unary = (op: string): Convert => unaryOf(() => [node(op)]);

export const clipped = (low: number, high: number): Convert =>
  unaryOf(({ graph }) => [clip(graph, low, high)]);

export const leakyRelu = unaryOf(({ options }) => [
  node('LeakyRelu', { alpha: attr.float(options.float32(0)) }),
]);

export const rsqrt = unaryOf(() => [node('Sqrt'), node('Reciprocal')]);

export const square = unaryOf(() => [(x) => ({ op: 'Mul', inputs: [x, x] })]);

export const softmax = unaryOf((operator) => {
  const { graph, options } = operator;
  const { dims } = operator.tensor(0);
  const axis = attr.int(axisIn(graph.layoutOf(operator.input(0)), Math.max(0, dims.length - 1)));
  const beta = options.float32(0);
  const scaled: Tail = (x) => ({ op: 'Mul', inputs: [x, graph.constant('beta', f32([], [beta]))] });
  return beta === 1 ? [node('Softmax', { axis })] : [scaled, node('Softmax', { axis })];
});

/** QUANTIZE, also from one scale to another, and DEQUANTIZE, also of float16. */
export const requantize: Convert = (operator) => {
  const { graph } = operator;
  const x = operator.input(0);
  const y = operator.output();
  const layout = graph.layoutOf(x);
  if (operator.tensor(0).dtype === 'float16') cast(operator);
  else graph.assign(y, layout, graph.real(x, layout));
};

export const cast: Convert = (operator) => {
  const { graph } = operator;
  const x = operator.input(0);
  const y = operator.output();
  const layout = graph.layoutOf(x);
  const to = attr.int(dtypes[graph.tensor(y).dtype].onnx);
  graph.store(y, layout, { op: 'Cast', inputs: [graph.stored(x, layout)], attributes: { to } });
};

/** An operator on two tensors that broadcast, with the fused activation in option 0 where it has one. */
export function binary(op: string, activated = true, tails: readonly Tail[] = []): Convert {
  return (operator) => {
    const { graph } = operator;
    const layout = commonLayout(operator);
    const inputs = [0, 1].map((at) => operand(operator, at, layout));
    const all = [...tails, ...(activated ? operator.activation(0) : [])];
    graph.storeReal(operator.output(), layout, { op, inputs }, all);
  };
}

export const squaredDifference = binary('Sub', false, [(x) => ({ op: 'Mul', inputs: [x, x] })]);

export const prelu: Convert = (operator) => {
  const layout = commonLayout(operator);
  const inputs = [0, 1].map((at) => operand(operator, at, layout));
  operator.graph.storeReal(operator.output(), layout, { op: 'PRelu', inputs });
};

/** Channels-first where an operand is so already and all of them can be. */
function commonLayout(operator: Operator): Layout {
  const { graph } = operator;
  const inputs = [operator.input(0), operator.input(1)];
  const tensors = inputs.map((i) => graph.tensor(i));
  const fits = tensors.every((t) => t.dims.length === 4 || sizeOf(t.dims) === 1 || t.constant !== undefined);
  return fits && inputs.some((i) => graph.layoutOf(i) === 'first') ? 'first' : 'last';
}

/** Input `at` as float numbers; single numbers broadcast in any layout. */
function operand({ graph, inputs }: Operator, at: number, layout: Layout): string {
  const { dims } = graph.tensor(inputs[at]);
  return graph.real(inputs[at], dims.length < 4 && sizeOf(dims) === 1 ? 'last' : layout);
}
