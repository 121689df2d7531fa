// The loss of class scores against labels: what NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss share.
// Scores are [N,C,d...], labels [N,d...], weights [C].
import { expected, KompaktError } from '../../errors.js';
import { sameDims } from '../../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  type Buffer,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type LowerContext,
  type ReferenceContext,
  stringAttr,
  type TensorType,
} from '../op.js';
import type { StepParams } from '../steps.js';
import { floatTypes, indexTypes, typedInput } from './elements.js';
import { checkRank, illegalAttribute, illegalShape } from './illegal.js';
import { linesOf } from './lines.js';
import { splitDims } from './physical-axis.js';

export const lossAttributes: Readonly<Record<string, AttributeSpec>> = {
  ignore_index: { type: 'int', default: null },
  reduction: { type: 'string', default: 'mean' },
};

const reductions = ['none', 'sum', 'mean'];

export function reductionOf(ctx: Pick<InferContext, 'node' | 'where'>): string {
  const reduction = stringAttr(ctx.node, 'reduction', 'mean');
  if (!reductions.includes(reduction)) illegalAttribute('reduction none, sum or mean', ctx.where, reduction);
  return reduction;
}

export function inferLoss(ctx: InferContext): TensorType {
  const { dtype, dims } = typedInput(ctx, 0, floatTypes);
  checkRank(dims, 2, 'scores', ctx.where);
  const labels = typedInput(ctx, 1, indexTypes).dims;
  if (!sameDims(labels, dims.toSpliced(1, 1)))
    illegalShape(`labels of shape [${dims.toSpliced(1, 1)}]`, ctx.where, labels);
  const weights = ctx.inputs[2] === undefined ? undefined : typedInput(ctx, 2, [dtype]).dims;
  if (weights !== undefined && !sameDims(weights, [dims[1]]))
    illegalShape(`weights of shape [${dims[1]}]`, ctx.where, weights);
  return { dtype, dims: reductionOf(ctx) === 'none' ? labels : [] };
}

/** `logs` are logarithms of probabilities, of the shape of the scores. */
export function classLoss(ctx: ReferenceContext, logs: ArrayLike<number>): TensorValue {
  const { dtype, dims } = inputValue(ctx, 0);
  const target = inputValue(ctx, 1);
  const labels = toNumbers(target);
  const weights = ctx.inputs[2] && toNumbers(ctx.inputs[2]);
  const ignored = ctx.node.attributes.ignore_index && intAttr(ctx.node, 'ignore_index');
  const { starts, stride, length } = linesOf(dims, 1);
  let total = 0;
  const losses = labels.map((label, i) => {
    if (label === ignored) return 0;
    if (label < 0 || label >= length)
      throw new KompaktError('KPT_DATA_MALFORMED', expected(`labels in [0,${length - 1}]`, ctx.where, label));
    const weight = weights?.[label] ?? 1;
    total += weight;
    return -logs[starts[i] + label * stride] * weight;
  });
  const reduction = reductionOf(ctx);
  if (reduction === 'none') return fromNumbers(dtype, target.dims, losses);
  const sum = losses.reduce((a, b) => a + b, 0);
  return fromNumbers(dtype, [], [reduction === 'sum' ? sum : sum / total]);
}

/** What nll_f32 and nll_gradient_f32 take beside scores of `dims`: labels (input `at`) and weights. */
export function labelStep(
  ctx: LowerContext,
  dims: readonly number[],
  at: number,
): { readonly inputs: readonly (Buffer | null)[]; readonly params: StepParams['nll_f32'] } {
  const weights = ctx.inputs[at + 1] === undefined ? null : ctx.read(at + 1, 'plain');
  const ignored = ctx.node.attributes.ignore_index === undefined ? -1 : intAttr(ctx.node, 'ignore_index');
  return {
    inputs: [ctx.read(at, 'plain'), weights],
    params: {
      dims: splitDims(dims, 1),
      reduction: reductionOf(ctx),
      // No class has a label beyond 32 bits.
      ignored: ignored === (ignored | 0) ? ignored : -1,
    },
  };
}

/** Plans the loss of logarithms of probabilities that lie in `logs`, plain. */
export function lowerClassLoss(ctx: LowerContext, logs: Buffer): boolean {
  const { inputs, params } = labelStep(ctx, inputType(ctx, 0).dims, 1);
  ctx.emit('nll_f32', [logs, ...inputs], [ctx.write(0, 'plain')], params);
  return true;
}
