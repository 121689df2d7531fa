// Lowering of LSTM, GRU and RNN to the step recurrent_f32. Peepholes, lengths per row, clipping, coupled gates and
// functions that the step does not know run on the host.
import type { Dims } from '../../tensor/shape.js';
import type { TensorValue } from '../../tensor/tensor.js';
import {
  type Buffer,
  floatAttr,
  floatsAttr,
  inputType,
  intAttr,
  type LowerContext,
  stringAttr,
  stringsAttr,
} from '../op.js';
import type { StepParams } from '../steps.js';
import { outputDims, sizesOf } from './recurrent.js';
import type { UnaryKind } from './unary-kind.js';

type Cell = StepParams['recurrent_f32']['cell'];
type Functions = Pick<StepParams['recurrent_f32'], 'gate' | 'alpha' | 'beta' | 'candidate' | 'output'>;

const W = 1;
const R = 2;
const B = 3;
const LENGTHS = 4;
const H0 = 5;
const C0 = 6;
const PEEPHOLES = 7;

const defaults: Readonly<Record<Cell, readonly string[]>> = {
  lstm: ['sigmoid', 'tanh', 'tanh'],
  gru: ['sigmoid', 'tanh'],
  rnn: ['tanh'],
};

/** Functions without parameters, by their ONNX names in lower case. */
const plain: Readonly<Record<string, UnaryKind>> = {
  relu: 'relu',
  sigmoid: 'sigmoid',
  softplus: 'softplus',
  softsign: 'softsign',
  tanh: 'tanh',
};

/** The functions of all directions, where they are the same in each and the step knows them. */
function functionsOf(cell: Cell, { node }: LowerContext): Functions | undefined {
  const one = defaults[cell].length;
  const names = stringsAttr(node, 'activations')?.map((name) => name.toLowerCase()) ?? defaults[cell];
  if (!names.every((name, i) => name === names[i % one])) return undefined;
  const hard = names[0] === 'hardsigmoid';
  const own = (name: string, absent: number): number | undefined => {
    const values = floatsAttr(node, name) ?? [];
    return values.every((v) => v === values[0]) ? (values[0] ?? absent) : undefined;
  };
  const [alpha, beta] = hard
    ? [own('activation_alpha', Math.fround(0.2)), own('activation_beta', 0.5)]
    : [0, 0];
  const gate = hard ? 'hard_sigmoid' : plain[names[0]];
  const [candidate, output] = [names[1] ?? 'tanh', names[2] ?? 'tanh'].map((name) => plain[name]);
  if (gate === undefined || candidate === undefined || output === undefined) return undefined;
  return alpha === undefined || beta === undefined ? undefined : { gate, alpha, beta, candidate, output };
}

/** `weights`: w and r where the node has them in another form. */
export function lowerRecurrent(
  cell: Cell,
  ctx: LowerContext,
  weights?: readonly [TensorValue, TensorValue],
): boolean {
  const { node } = ctx;
  const functions = functionsOf(cell, ctx);
  const known = [W, R, B].every((i) => ctx.inputs[i] === undefined || ctx.value(i) !== undefined);
  if (functions === undefined || !known || inputType(ctx, 0).dtype !== 'float32') return false;
  if (ctx.inputs[LENGTHS] !== undefined || ctx.inputs[PEEPHOLES] !== undefined) return false;
  if (floatAttr(node, 'clip', 0) > 0 || intAttr(node, 'input_forget', 0) !== 0) return false;

  const dims = outputDims(sizesOf(ctx, inputType(ctx, 0).dims, (weights?.[1] ?? inputType(ctx, R)).dims));
  const read = (i: number): Buffer | null => (ctx.inputs[i] === undefined ? null : ctx.read(i, 'plain'));
  const write = (i: number, shape: Dims): Buffer =>
    (node.outputs[i] ?? '') === '' ? ctx.temporary('float32', shape) : ctx.write(i, 'plain');
  const [w, r] = weights?.map((value) => ctx.constant(value)) ?? [read(W), read(R)];
  const inputs = [read(0), w, r, read(B), read(H0)];
  const outputs = [write(0, dims.y), write(1, dims.state)];
  ctx.emit(
    'recurrent_f32',
    cell === 'lstm' ? [...inputs, read(C0)] : inputs,
    cell === 'lstm' ? [...outputs, write(2, dims.state)] : outputs,
    {
      cell,
      reverse: stringAttr(node, 'direction', 'forward') === 'reverse' ? 1 : 0,
      batchFirst: intAttr(node, 'layout', 0),
      linearBeforeReset: intAttr(node, 'linear_before_reset', 0),
      ...functions,
    },
  );
  return true;
}
