// LSTM and GRU as bodies of simpler operators, one copy of the cell for every step of the sequence: what backpropagation
// through time differentiates.
import { KompaktError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { DType } from '../../tensor/dtype.js';
import { fromNumbers } from '../../tensor/tensor.js';
import { floatAttr, type InferContext, inputType, intAttr, type NodeWriter, stringsAttr } from '../op.js';
import { directionsOf, type Sizes, sizesOf } from '../shared/recurrent.js';
import { emit, int, integers, ints, multiply, reshape, scalar } from './emit.js';
import { bodyOf } from './normalization.js';

/** What the step of a cell is emitted with: one direction of one node. */
interface CellWriter {
  readonly writer: NodeWriter;
  readonly dtype: DType;
  readonly sizes: Sizes;
  /** Weights of the recurrence [gates * hidden, hidden], its bias or '', peepholes [3 * hidden] or ''. */
  readonly r: string;
  readonly rBias: string;
  readonly peepholes: string;
  /** Applies activation k of the node, behind the clip. */
  readonly activate: (k: number, x: string) => string;
}

/** Emits the next states from the input's share of the gates [batch, gates * hidden] and the states. */
type StepWriter = (cell: CellWriter, fromInput: string, states: readonly string[]) => readonly string[];

const add = (writer: NodeWriter, a: string, b: string): string => emit(writer, 'Add', [a, b]);

/** x times the rows of a matrix, + bias. */
const product = (writer: NodeWriter, x: string, rows: string, bias: string): string =>
  emit(writer, 'Gemm', bias === '' ? [x, rows] : [x, rows, bias], { transB: int(1) });

/** Rows [from, from + count) of a matrix or vector. */
const slice = (writer: NodeWriter, x: string, from: number, count: number): string =>
  emit(writer, 'Slice', [
    x,
    integers(writer, 'starts', [from]),
    integers(writer, 'ends', [from + count]),
    integers(writer, 'axes', [0]),
  ]);

const split = (writer: NodeWriter, x: string, parts: number, axis: number): readonly string[] =>
  writer.add('Split', [x], { axis: int(axis), num_outputs: int(parts) }, { outputs: parts });

/** Gates i, o, f, c; coupled: the forget gate is 1 - i. */
const lstmStep =
  (coupled: boolean): StepWriter =>
  ({ writer, dtype, sizes: { hidden }, r, rBias, peepholes, activate }, fromInput, [h, c]) => {
    const gates = split(writer, add(writer, fromInput, product(writer, h!, r, rBias)), 4, 1);
    const peep = (gate: string, part: number, memory: string): string =>
      peepholes === ''
        ? gate
        : add(writer, gate, multiply(writer, memory, slice(writer, peepholes, part * hidden, hidden)));
    const input = activate(0, peep(gates[0]!, 0, c!));
    const forget = coupled
      ? emit(writer, 'Sub', [scalar(writer, dtype, 1), input])
      : activate(0, peep(gates[2]!, 2, c!));
    const next = add(writer, multiply(writer, forget, c!), multiply(writer, input, activate(1, gates[3]!)));
    const output = activate(0, peep(gates[1]!, 1, next));
    return [multiply(writer, output, activate(2, next)), next];
  };

/** Gates z, r, h. */
const gruStep =
  (linearBeforeReset: boolean): StepWriter =>
  ({ writer, sizes: { hidden }, r, rBias, activate }, fromInput, [h]) => {
    const bias = (from: number, count: number): string =>
      rBias === '' ? '' : slice(writer, rBias, from * hidden, count * hidden);
    const inputs = split(writer, fromInput, 3, 1);
    const both = product(writer, h!, slice(writer, r, 0, 2 * hidden), bias(0, 2));
    const [z, reset] = split(writer, both, 2, 1).map((part, k) => activate(0, add(writer, inputs[k]!, part)));
    const candidateRows = slice(writer, r, 2 * hidden, hidden);
    const recurrent = linearBeforeReset
      ? multiply(writer, reset!, product(writer, h!, candidateRows, bias(2, 1)))
      : product(writer, multiply(writer, reset!, h!), candidateRows, bias(2, 1));
    const candidate = activate(1, add(writer, inputs[2]!, recurrent));
    // (1 - z) * candidate + z * h.
    return [add(writer, candidate, multiply(writer, z!, emit(writer, 'Sub', [h!, candidate])))];
  };

export interface RecurrentBody {
  readonly gates: number;
  readonly states: 1 | 2;
  readonly peepholes: number;
  readonly activations: readonly string[];
  readonly step: StepWriter;
}

const refuse = (ctx: InferContext, what: string): never => {
  throw new KompaktError('KPT_NOT_DIFFERENTIABLE', `${ctx.where} cannot be trained with ${what}.`);
};

/** Activations that are ONNX operators without parameters. */
const operators = new Map(
  ['Sigmoid', 'Tanh', 'Relu', 'Softsign', 'Softplus'].map((op) => [op.toLowerCase(), op]),
);

function recurrentBody(ctx: InferContext, form: RecurrentBody): Graph {
  const { dtype, dims } = inputType(ctx, 0);
  const sizes = sizesOf(ctx, dims, inputType(ctx, 2).dims);
  const { steps, batch, hidden, directions, batchFirst } = sizes;
  const has = (i: number): boolean => ctx.inputs[i] !== undefined;
  const name = (i: number): string => ctx.node.inputs[i]!;
  if (has(4)) refuse(ctx, 'sequence_lens');
  const clip = floatAttr(ctx.node, 'clip', 0);
  const own = stringsAttr(ctx.node, 'activations') ?? directionsOf(ctx).flatMap(() => form.activations);
  return bodyOf(ctx, (writer) => {
    const ofDirection = (i: number, d: number, shape: readonly number[]): string =>
      reshape(writer, directions === 1 ? name(i) : slice(writer, name(i), d, 1), shape);
    const swap = (x: string): string => emit(writer, 'Transpose', [x], { perm: ints([1, 0, 2]) });
    const rows = reshape(writer, batchFirst ? swap(name(0)) : name(0), [steps * batch, sizes.input]);
    const zeros = (): string =>
      writer.constant('zeros', fromNumbers(dtype, [batch, hidden], new Float64Array(batch * hidden)));
    const initial = (i: number, d: number): string => {
      if (!has(i)) return zeros();
      const state = batchFirst ? swap(name(i)) : name(i);
      return reshape(writer, directions === 1 ? state : slice(writer, state, d, 1), [batch, hidden]);
    };
    const outputs: string[] = [];
    const finals: string[][] = Array.from({ length: form.states }, () => []);
    directionsOf(ctx).forEach((reverse, d) => {
      const size = form.gates * hidden;
      const bias = has(3) ? ofDirection(3, d, [2 * size]) : '';
      const cell: CellWriter = {
        writer,
        dtype,
        sizes,
        r: ofDirection(2, d, [size, hidden]),
        rBias: bias === '' ? '' : slice(writer, bias, size, size),
        peepholes:
          form.peepholes >= 0 && has(form.peepholes) ? ofDirection(form.peepholes, d, [3 * hidden]) : '',
        activate: (k, x) => {
          const wanted = own[d * form.activations.length + k]!;
          const op = operators.get(wanted.toLowerCase()) ?? refuse(ctx, `the activation ${wanted}`);
          const bounds = [-clip, clip].map((bound) => scalar(writer, dtype, bound));
          // The last activation is of the state itself, which is not clipped.
          const limited = clip > 0 && k < 2 ? emit(writer, 'Clip', [x, ...bounds]) : x;
          return emit(writer, op, [limited]);
        },
      };
      const wBias = bias === '' ? '' : slice(writer, bias, 0, size);
      const fromInput = split(
        writer,
        product(writer, rows, ofDirection(1, d, [size, sizes.input]), wBias),
        steps,
        0,
      );
      let states: readonly string[] = finals.map((_, i) => initial(5 + i, d));
      const shown = new Array<string>(steps);
      for (let i = 0; i < steps; i++) {
        const t = reverse ? steps - 1 - i : i;
        states = form.step(cell, fromInput[t]!, states);
        shown[t] = states[0]!;
      }
      // [steps * batch, hidden] to [T,1,B,H] or [B,T,1,H].
      const all = steps === 1 ? shown[0]! : emit(writer, 'Concat', shown, { axis: int(0) });
      const sequence = reshape(writer, all, [steps, batch, hidden]);
      outputs.push(
        batchFirst
          ? reshape(writer, swap(sequence), [batch, steps, 1, hidden])
          : reshape(writer, sequence, [steps, 1, batch, hidden]),
      );
      states.forEach((state, i) => {
        finals[i]!.push(reshape(writer, state, batchFirst ? [batch, 1, hidden] : [1, batch, hidden]));
      });
    });
    const join = (parts: readonly string[], axis: number): string =>
      parts.length === 1 ? parts[0]! : emit(writer, 'Concat', parts, { axis: int(axis) });
    return [join(outputs, batchFirst ? 2 : 1), ...finals.map((parts) => join(parts, Number(batchFirst)))];
  });
}

export const lstmBody = (ctx: InferContext): Graph =>
  recurrentBody(ctx, {
    gates: 4,
    states: 2,
    peepholes: 7,
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    step: lstmStep(intAttr(ctx.node, 'input_forget', 0) !== 0),
  });

export const gruBody = (ctx: InferContext): Graph =>
  recurrentBody(ctx, {
    gates: 3,
    states: 1,
    peepholes: -1,
    activations: ['Sigmoid', 'Tanh'],
    step: gruStep(intAttr(ctx.node, 'linear_before_reset', 0) !== 0),
  });
