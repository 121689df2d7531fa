// Optimisers as operators: R, T, then n weights, n gradients and n of each state; out come n weights and the states.
import { expected, KompaktError } from '../../errors.js';
import { sameDims } from '../../tensor/shape.js';
import { fromNumbers, scalarOf, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  noMacs,
  notDifferentiable,
  type OpDef,
  type ReferenceContext,
  staysFloat,
} from '../op.js';
import { floatTypes, typedInput } from './elements.js';

const trainingDomain = 'ai.onnx.preview.training';

/** What keeps divisors from being 0. */
export const defaultEpsilon = Math.fround(1e-6);

/** New weight and states of one element. */
export type ElementStep = (weight: number, gradient: number, states: readonly number[]) => readonly number[];

export interface TrainingSpec {
  readonly op: string;
  readonly states: number;
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  /** The rule for learning rate `rate` after `turns` updates. */
  readonly rule: (ctx: ReferenceContext, rate: number, turns: number) => ElementStep;
}

export function trainingStep({ op, states, attributes, rule }: TrainingSpec): OpDef {
  const group = 2 + states;
  const weightsOf = (ctx: Pick<InferContext, 'inputs' | 'where'>): number => {
    const count = (ctx.inputs.length - 2) / group;
    if (!Number.isInteger(count) || count < 1)
      throw new KompaktError(
        'KPT_GRAPH_INVALID',
        expected(`2 inputs and a multiple of ${group}`, ctx.where, ctx.inputs.length),
      );
    return count;
  };
  return defineOp({
    op,
    domain: trainingDomain,
    since: 1,
    inputs: [2 + group, Number.POSITIVE_INFINITY],
    outputs: [1 + states, Number.POSITIVE_INFINITY],
    attributes,
    infer: (ctx) => {
      const count = weightsOf(ctx);
      for (let i = 2; i < ctx.inputs.length; i++)
        if (!sameDims(typedInput(ctx, i, floatTypes).dims, inputType(ctx, 2 + ((i - 2) % count)).dims))
          throw new KompaktError(
            'KPT_SHAPE_MISMATCH',
            expected('a gradient and states of the shape of the weight', ctx.where, inputType(ctx, i).dims),
          );
      return Array.from({ length: (1 + states) * count }, (_, i) => inputType(ctx, 2 + (i % count)));
    },
    reference: (ctx): readonly TensorValue[] => {
      const count = weightsOf(ctx);
      const [rate, turns] = [0, 1].map((i) => scalarOf(inputValue(ctx, i), ctx.where));
      const step = rule(ctx, rate, turns);
      const outputs = new Array<TensorValue>((1 + states) * count);
      for (let w = 0; w < count; w++) {
        const columns = Array.from({ length: group }, (_, g) =>
          toNumbers(inputValue(ctx, 2 + g * count + w)),
        );
        const results = Array.from(columns[0], (weight, i) =>
          step(
            weight,
            columns[1][i],
            columns.slice(2).map((state) => state[i]),
          ),
        );
        const { dtype, dims } = inputValue(ctx, 2 + w);
        for (let k = 0; k <= states; k++)
          outputs[k * count + w] = fromNumbers(
            dtype,
            dims,
            results.map((result) => result[k]),
          );
      }
      return outputs;
    },
    gradient: notDifferentiable('it is the update itself'),
    cost: noMacs,
    quantize: staysFloat('updates are smaller than 8 bits can say'),
    lower: 'host',
  });
}
