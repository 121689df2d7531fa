// Updates of one parameter by its gradient, in place where both live in the state of a training step. Inputs: parameter,
// gradient, scale? [1] (multiplies the gradient), hyper [n] (numbers that change from step to step), slots. Outputs: the new
// parameter, kept within `low` and `high`, and slots.

import type { Node } from '../../graph/graph.js';
import { sameDims, sizeOf } from '../../tensor/shape.js';
import { fromNumbers, toNumbers } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  defineOp,
  floatAttr,
  inputType,
  inputValue,
  type LowerContext,
  noMacs,
  notDifferentiable,
  type OpDef,
  staysFloat,
} from '../op.js';
import type { StepParams } from '../steps.js';
import { floatTypes, typedInput } from './elements.js';
import { illegalShape } from './illegal.js';

/** New parameter and slots of one element; the gradient has its penalties already. */
export type UpdateRule = (
  parameter: number,
  gradient: number,
  slots: readonly number[],
  hyper: Float64Array,
) => readonly number[];

export interface UpdateSpec {
  readonly op: string;
  readonly slots: number;
  readonly hypers: number;
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  readonly rule: (node: Node) => UpdateRule;
  /** Parameters of the native step. */
  readonly native: (node: Node) => Omit<StepParams['optimizer_f32'], keyof Common>;
}

/** What all rules share. */
interface Common {
  readonly l1: number;
  readonly l2: number;
  readonly low: number;
  readonly high: number;
}

const first = 4;

export function updateOp({ op, slots, hypers, attributes, rule, native }: UpdateSpec): OpDef {
  return defineOp({
    op,
    domain: 'ai.kompakt',
    since: 1,
    inputs: [first + slots, first + slots],
    outputs: [1 + slots, 1 + slots],
    attributes: {
      ...attributes,
      l1: { type: 'float', default: 0 },
      l2: { type: 'float', default: 0 },
      low: { type: 'float', default: Number.NEGATIVE_INFINITY },
      high: { type: 'float', default: Number.POSITIVE_INFINITY },
    },
    infer: (ctx) => {
      const { dtype, dims } = typedInput(ctx, 0, floatTypes);
      for (const i of [1, ...Array.from({ length: slots }, (_, k) => first + k)])
        if (!sameDims(typedInput(ctx, i, [dtype]).dims, dims))
          illegalShape(`a gradient and slots of shape [${dims}]`, ctx.where, inputType(ctx, i).dims);
      if (ctx.inputs[2] !== undefined && sizeOf(ctx.inputs[2].dims) !== 1)
        illegalShape('a scale of one element', ctx.where, ctx.inputs[2].dims);
      if (sizeOf(inputType(ctx, 3).dims) !== hypers)
        illegalShape(`${hypers} numbers`, ctx.where, inputType(ctx, 3).dims);
      return Array.from({ length: 1 + slots }, () => ({ dtype, dims }));
    },
    reference: (ctx) => {
      const { dtype, dims } = inputValue(ctx, 0);
      const [parameter, gradient] = [0, 1].map((i) => toNumbers(inputValue(ctx, i)));
      const scale = ctx.inputs[2] === undefined ? 1 : toNumbers(ctx.inputs[2])[0]!;
      const hyper = toNumbers(inputValue(ctx, 3));
      const old = Array.from({ length: slots }, (_, k) => toNumbers(inputValue(ctx, first + k)));
      const { l1, l2, low, high } = commonOf(ctx.node);
      const update = rule(ctx.node);
      const results = Array.from(parameter!, (w, i) => {
        const [next, ...state] = update(
          w,
          gradient![i]! * scale + l2 * w + l1 * Math.sign(w),
          old.map((slot) => slot[i]!),
          hyper,
        );
        return [Math.min(Math.max(next!, low), high), ...state];
      });
      return Array.from({ length: 1 + slots }, (_, k) =>
        fromNumbers(
          dtype,
          dims,
          results.map((result) => result[k]!),
        ),
      );
    },
    gradient: notDifferentiable('it is the update itself'),
    cost: noMacs,
    quantize: staysFloat('updates are smaller than 8 bits can say'),
    lower: (ctx) => lowerUpdate(ctx, slots, native(ctx.node)),
  });
}

const commonOf = (node: Node): Common => ({
  l1: floatAttr(node, 'l1', 0),
  l2: floatAttr(node, 'l2', 0),
  low: floatAttr(node, 'low', Number.NEGATIVE_INFINITY),
  high: floatAttr(node, 'high', Number.POSITIVE_INFINITY),
});

function lowerUpdate(
  ctx: LowerContext,
  slots: number,
  params: Omit<StepParams['optimizer_f32'], keyof Common>,
): boolean {
  if (inputType(ctx, 0).dtype !== 'float32') return false;
  const own = Array.from({ length: slots }, (_, k) => first + k);
  const inputs = [0, 1, 2, 3, ...own].map((i) => (ctx.inputs[i] === undefined ? null : ctx.read(i, 'plain')));
  const outputs = [ctx.writeOver(0, 0), ...own.map((i, k) => ctx.writeOver(1 + k, i))];
  ctx.emit('optimizer_f32', inputs, outputs, { ...params, ...commonOf(ctx.node) });
  return true;
}
