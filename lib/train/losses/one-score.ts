// Classifiers that answer with one score x: yes (class 1) or no (class 0). The cross-entropy of sigmoid(x) against a target t in [0, 1]
// is softplus(x) - x t; a softmax over one class would be 1 whatever the score.
import { KompaktError } from '../../errors.js';
import { emit, int, multiply, reshape, scalar } from '../../ops/gradients/emit.js';
import { dtypes } from '../../tensor/dtype.js';
import type { LossContext, TrainingValue } from '../training.js';

/** Whether values [batch, classes, ...] have one score in place of those of several classes. */
export const isOneScore = ({ dims }: Pick<TrainingValue, 'dims'>): boolean => (dims[1] ?? 1) === 1;

/** The scores behind a prediction: what the Sigmoid takes that the model may end with. A HardSigmoid is taken for one. Throws
 *  KPT_OPTION_INVALID for a Softmax over one class, through which nothing can be learnt. */
export function scoresOf(ctx: LossContext, prediction: TrainingValue): TrainingValue {
  if (isOneScore(prediction) && ctx.before(prediction, 'Softmax').name !== prediction.name)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `The Softmax before '${prediction.name}' [${prediction.dims.join(',')}] is over one class: it answers 1 whatever it is given, and nothing can be learnt.`,
    );
  const scores = ctx.before(prediction, 'Sigmoid');
  return scores.name === prediction.name ? ctx.before(prediction, 'HardSigmoid') : scores;
}

/** Mean cross-entropy of scores against targets of their shape, in [0, 1]. */
export function yesOrNo(ctx: LossContext, scores: string, targets: string): string {
  const losses = emit(ctx, 'Sub', [emit(ctx, 'Softplus', [scores]), multiply(ctx, scores, targets)]);
  return emit(ctx, 'ReduceMean', [losses], { keepdims: int(0) });
}

/** Labels 0 and 1 (int64, without the axis of classes) as targets of scores. */
export const targetsOf = (ctx: LossContext, labels: string, { dtype, dims }: TrainingValue): string =>
  reshape(ctx, emit(ctx, 'Cast', [labels], { to: int(dtypes[dtype].onnx) }), dims);

/** Targets of which the share `smoothing` is spread evenly over both classes. */
export function smoothed(ctx: LossContext, targets: string, { dtype }: TrainingValue, smoothing: number) {
  if (smoothing === 0) return targets;
  const kept = multiply(ctx, targets, scalar(ctx, dtype, 1 - smoothing));
  return emit(ctx, 'Add', [kept, scalar(ctx, dtype, smoothing / 2)]);
}

/** Throws KPT_OPTION_INVALID for one score, of which there is no softmax. */
export function requireSeveral(loss: string, { name, dims }: TrainingValue): void {
  if (isOneScore({ dims }))
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Loss ${loss} compares a softmax over classes, and '${name}' [${dims.join(',')}] has one score, whose softmax is always 1: give binary-cross-entropy.`,
    );
}
