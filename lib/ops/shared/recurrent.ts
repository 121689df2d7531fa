// What LSTM, GRU and RNN share: inputs X, W, R, B?, sequence_lens?, initial states; directions, layouts, lengths and
// activations. The operators give the arithmetic of one step.
import type { Node } from '../../graph/graph.js';
import { type Dims, sizeOf } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  floatAttr,
  floatsAttr,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type ReferenceContext,
  stringAttr,
  stringsAttr,
  type TensorType,
} from '../op.js';
import { type ChannelRule, inputEnd } from './channels.js';
import { checkType, floatTypes, illegalAttribute, illegalShape } from './illegal.js';

export const recurrentAttributes: Readonly<Record<string, AttributeSpec>> = {
  activation_alpha: { type: 'floats', default: null },
  activation_beta: { type: 'floats', default: null },
  activations: { type: 'strings', default: null },
  clip: { type: 'float', default: 0 },
  direction: { type: 'string', default: 'forward' },
  hidden_size: { type: 'int', default: null },
  layout: { type: 'int', default: 0 },
};

/** Features that are read may leave; the state is tied to itself from step to step and stays whole. */
export const recurrentChannels: ChannelRule = {
  links: (ctx) => [{ count: inputType(ctx, 0).dims[2]!, ends: [inputEnd(0, 2), inputEnd(1, 2)] }],
};

type NodeContext = Pick<InferContext, 'node' | 'where'>;

/** Sizes of one recurrent node. */
export interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly input: number;
  readonly hidden: number;
  readonly directions: number;
  readonly batchFirst: boolean;
}

/** Reverse flag of every direction. */
export function directionsOf({ node, where }: NodeContext): readonly boolean[] {
  const direction = stringAttr(node, 'direction', 'forward');
  if (direction === 'forward') return [false];
  if (direction === 'reverse') return [true];
  if (direction === 'bidirectional') return [false, true];
  return illegalAttribute('direction forward, reverse or bidirectional', where, direction);
}

export function sizesOf(ctx: NodeContext, x: Dims, r: Dims): Sizes {
  if (x.length !== 3) illegalShape('X of rank 3', ctx.where, x);
  if (r.length !== 3) illegalShape('R of rank 3', ctx.where, r);
  const batchFirst = intAttr(ctx.node, 'layout', 0) === 1;
  const [steps, batch] = batchFirst ? [x[1], x[0]] : x;
  const directions = directionsOf(ctx).length;
  return { steps, batch, input: x[2], hidden: r[2], directions, batchFirst };
}

/** Dims of Y and of a final state. */
export function outputDims(s: Sizes): { y: Dims; state: Dims } {
  return s.batchFirst
    ? { y: [s.batch, s.steps, s.directions, s.hidden], state: [s.batch, s.directions, s.hidden] }
    : { y: [s.steps, s.directions, s.batch, s.hidden], state: [s.directions, s.batch, s.hidden] };
}

/** Checks all shapes and activations. */
export function inferRecurrent(
  { gates, biases, states, activations: names }: Omit<RecurrentForm, 'step'>,
  ctx: InferContext,
): readonly TensorType[] {
  const { dtype, dims } = inputType(ctx, 0);
  checkType(dtype, floatTypes, 'X', ctx.where);
  const s = sizesOf(ctx, dims, inputType(ctx, 2).dims);
  const { y, state } = outputDims(s);
  const hidden = ctx.node.attributes.hidden_size;
  if (hidden !== undefined && intAttr(ctx.node, 'hidden_size') !== s.hidden)
    illegalShape(`R for hidden_size ${intAttr(ctx.node, 'hidden_size')}`, ctx.where, inputType(ctx, 2).dims);
  const wanted: readonly (Dims | undefined)[] = [
    undefined,
    [s.directions, gates * s.hidden, s.input],
    [s.directions, gates * s.hidden, s.hidden],
    [s.directions, biases * s.hidden],
    [s.batch],
    state,
    states === 2 ? state : undefined,
  ];
  wanted.forEach((shape, i) => {
    const own = ctx.inputs[i]?.dims;
    if (shape !== undefined && own !== undefined && own.join() !== shape.join())
      illegalShape(`input ${i} of shape [${shape.join(',')}]`, ctx.where, own);
  });
  activationsOf(ctx.node, ctx.where, names);
  return [y, state, state].slice(0, outputCount(ctx.node, states)).map((shape) => ({ dtype, dims: shape }));
}

/** Outputs up to the last one that the node asks for. */
function outputCount(node: Node, states: number): number {
  return node.outputs.slice(0, states + 1).reduce((last, name, i) => (name === '' ? last : i + 1), 0);
}

type Unary = (x: number) => number;

const activations: Readonly<Record<string, (alpha: number, beta: number) => Unary>> = {
  affine: (alpha, beta) => (x) => alpha * x + beta,
  elu: (alpha) => (x) => (x >= 0 ? x : alpha * Math.expm1(x)),
  hardsigmoid: (alpha, beta) => (x) => Math.min(1, Math.max(0, alpha * x + beta)),
  leakyrelu: (alpha) => (x) => (x >= 0 ? x : alpha * x),
  relu: () => (x) => Math.max(0, x),
  scaledtanh: (alpha, beta) => (x) => alpha * Math.tanh(beta * x),
  sigmoid: () => (x) => 1 / (1 + Math.exp(-x)),
  softplus: () => (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  softsign: () => (x) => x / (1 + Math.abs(x)),
  tanh: () => Math.tanh,
  thresholdedrelu: (alpha) => (x) => (x >= alpha ? x : 0),
};

/** Parameters of activations where the node gives none. */
const parameters: Readonly<Record<string, readonly [number, number]>> = {
  affine: [1, 0],
  elu: [1, 0],
  hardsigmoid: [0.2, 0.5],
  leakyrelu: [0.01, 0],
  scaledtanh: [1, 1],
  thresholdedrelu: [1, 0],
};

const withAlpha = new Set(Object.keys(parameters));
const withBeta = new Set(['affine', 'hardsigmoid', 'scaledtanh']);

/** Activation functions of all directions, in order. Parameters are listed for those functions only that have them. */
function activationsOf(node: Node, where: string, fallback: readonly string[]): Unary[] {
  const directions = directionsOf({ node, where }).length;
  const names = stringsAttr(node, 'activations') ?? Array.from({ length: directions }, () => fallback).flat();
  if (names.length !== fallback.length * directions)
    illegalAttribute(`${fallback.length * directions} activations`, where, names);
  const alphas = [...(floatsAttr(node, 'activation_alpha') ?? [])];
  const betas = [...(floatsAttr(node, 'activation_beta') ?? [])];
  return names.map((name) => {
    const key = name.toLowerCase();
    const make = activations[key];
    if (make === undefined) illegalAttribute('a known activation', where, name);
    const [alpha, beta] = parameters[key] ?? [0, 0];
    return make(
      withAlpha.has(key) ? (alphas.shift() ?? alpha) : 0,
      withBeta.has(key) ? (betas.shift() ?? beta) : 0,
    );
  });
}

/** One direction of one node, as the arithmetic of a step sees it. */
export interface Cell {
  readonly input: number;
  readonly hidden: number;
  /** [gates * hidden, input] and [gates * hidden, hidden]. */
  readonly w: Float64Array;
  readonly r: Float64Array;
  /** [biases * hidden]: of W, then of R; zeros when absent. */
  readonly b: Float64Array;
  /** Further weights (peepholes of LSTM), zeros when absent. */
  readonly p: Float64Array;
  readonly functions: readonly Unary[];
  /** Clamps to the attribute clip, where there is one. */
  readonly clip: Unary;
}

/** Computes the next states [hidden] from x [input] and the states. */
export type CellStep = (cell: Cell, x: Float64Array, states: readonly Float64Array[]) => Float64Array[];

/** Row `row` of a matrix times v. */
export function dotRow(matrix: Float64Array, row: number, v: Float64Array): number {
  let sum = 0;
  const base = row * v.length;
  for (let i = 0; i < v.length; i++) sum += matrix[base + i] * v[i];
  return sum;
}

export interface RecurrentForm {
  readonly gates: number;
  /** Rows of B per unit: those of W and those of R. */
  readonly biases: number;
  /** Initial and final states: h, or h and c. */
  readonly states: 1 | 2;
  /** Input index of peepholes; -1 for none. */
  readonly peepholes: number;
  readonly activations: readonly string[];
  readonly step: CellStep;
}

/** The part of an optional input that belongs to one direction, zeros when absent. */
function partOf(
  value: TensorValue | undefined,
  direction: number,
  directions: number,
  size: number,
): Float64Array {
  if (value === undefined) return new Float64Array(size);
  const all = toNumbers(value);
  const length = all.length / directions;
  return all.slice(direction * length, (direction + 1) * length);
}

export function referenceRecurrent(form: RecurrentForm, ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const r = inputValue(ctx, 2);
  const s = sizesOf(ctx, x.dims, r.dims);
  const dims = outputDims(s);
  const values = toNumbers(x);
  const lengths = ctx.inputs[4] === undefined ? undefined : toNumbers(ctx.inputs[4]);
  const functions = activationsOf(ctx.node, ctx.where, form.activations);
  const limit = floatAttr(ctx.node, 'clip', 0);
  const y = new Float64Array(sizeOf(dims.y));
  const finals = Array.from({ length: form.states }, () => new Float64Array(sizeOf(dims.state)));
  const initials = finals.map((_, i) => ctx.inputs[5 + i] && toNumbers(ctx.inputs[5 + i] as TensorValue));
  const perDirection = form.activations.length;
  directionsOf(ctx).forEach((reverse, d) => {
    const cell: Cell = {
      input: s.input,
      hidden: s.hidden,
      w: partOf(inputValue(ctx, 1), d, s.directions, 0),
      r: partOf(r, d, s.directions, 0),
      b: partOf(ctx.inputs[3], d, s.directions, form.biases * s.hidden),
      p:
        form.peepholes < 0
          ? new Float64Array(0)
          : partOf(ctx.inputs[form.peepholes], d, s.directions, 3 * s.hidden),
      functions: functions.slice(d * perDirection, (d + 1) * perDirection),
      clip: limit > 0 ? (v) => Math.min(limit, Math.max(-limit, v)) : (v) => v,
    };
    for (let n = 0; n < s.batch; n++) {
      const at = (s.batchFirst ? n * s.directions + d : d * s.batch + n) * s.hidden;
      let states: Float64Array[] = initials.map(
        (all) => all?.slice(at, at + s.hidden) ?? new Float64Array(s.hidden),
      );
      const steps = lengths?.[n] ?? s.steps;
      for (let i = 0; i < steps; i++) {
        const t = reverse ? steps - 1 - i : i;
        const from = (s.batchFirst ? n * s.steps + t : t * s.batch + n) * s.input;
        states = form.step(cell, values.subarray(from, from + s.input), states);
        const row = s.batchFirst
          ? (n * s.steps + t) * s.directions + d
          : (t * s.directions + d) * s.batch + n;
        y.set(states[0], row * s.hidden);
      }
      finals.forEach((final, i) => {
        if (steps > 0) final.set(states[i], at);
      });
    }
  });
  const outputs = [
    fromNumbers(x.dtype, dims.y, y),
    ...finals.map((v) => fromNumbers(x.dtype, dims.state, v)),
  ];
  return outputs.slice(0, outputCount(ctx.node, form.states));
}

/** Multiply-accumulates of all steps. */
export function recurrentMacs(ctx: InferContext, gates: number): number {
  const s = sizesOf(ctx, inputType(ctx, 0).dims, inputType(ctx, 2).dims);
  return s.steps * s.batch * s.directions * gates * s.hidden * (s.input + s.hidden);
}
