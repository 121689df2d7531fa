// Cross-entropy of class scores against labels, with label smoothing (Szegedy et al. 2016, arXiv:1512.00567, section 7). A model with
// one score tells two classes apart, and its cross-entropy is that of yes and no (one-score.ts).
import { emit, int, scalar } from '../../ops/gradients/emit.js';
import type { Loss, LossContext, TrainingValue } from '../training.js';
import { isOneScore, scoresOf, smoothed as smoothedTargets, targetsOf, yesOrNo } from './one-score.js';
import { requireRank } from './shape.js';

export interface CrossEntropyOptions {
  /** Part of every target that is spread evenly over the classes. */
  readonly smoothing?: number;
  /** Which output of the model has the scores [batch, classes, ...]; default the first. A Softmax there is looked through,
   *  before one score [batch, 1, ...] or [batch] a Sigmoid. */
  readonly output?: number;
  /** Name under which the labels (int64) are fed. */
  readonly target?: string;
  /** Labels are fed as probabilities, float32 [batch, classes]: what mixing makes of them. */
  readonly soft?: boolean;
}

export function crossEntropy({
  smoothing = 0,
  output = 0,
  target = 'target',
  soft = false,
}: CrossEntropyOptions = {}): Loss {
  return {
    name: 'cross-entropy',
    build: (ctx) => {
      const prediction = ctx.prediction(output);
      if (isOneScore(prediction)) return ofOne(ctx, prediction, { smoothing, target, soft });
      const scores = ctx.before(prediction, 'Softmax', 1);
      const { name, dtype, dims } = scores;
      const part = (value: string, weight: number): string =>
        emit(ctx, 'Mul', [value, scalar(ctx, dtype, weight)]);
      // The mean over classes of -log p is the cross-entropy against the even distribution.
      const smoothed = (loss: string, logs: string): string => {
        if (smoothing === 0) return loss;
        const even = emit(ctx, 'Neg', [emit(ctx, 'ReduceMean', [logs], { keepdims: int(0) })]);
        return emit(ctx, 'Add', [part(loss, 1 - smoothing), part(even, smoothing)]);
      };
      if (soft) {
        requireRank(scores, 2, 'mixed labels');
        const probabilities = ctx.target(target, { dtype: 'float32', dims });
        const logs = emit(ctx, 'LogSoftmax', [name], { axis: int(1) });
        const sum = emit(ctx, 'ReduceSum', [emit(ctx, 'Mul', [probabilities, logs])], { keepdims: int(0) });
        return smoothed(part(sum, -1 / dims[0]!), logs);
      }
      const labels = ctx.target(target, { dtype: 'int64', dims: dims.toSpliced(1, 1) });
      const [loss, logs] = ctx.add('SoftmaxCrossEntropyLoss', [name, labels], {}, { outputs: 2 }) as [
        string,
        string,
      ];
      return smoothed(loss, logs);
    },
  };
}

function ofOne(
  ctx: LossContext,
  prediction: TrainingValue,
  { smoothing, target, soft }: Required<Omit<CrossEntropyOptions, 'output'>>,
): string {
  const scores = scoresOf(ctx, prediction);
  const targets = soft
    ? ctx.target(target, { dtype: 'float32', dims: scores.dims })
    : targetsOf(ctx, ctx.target(target, { dtype: 'int64', dims: scores.dims.toSpliced(1, 1) }), scores);
  return yesOrNo(ctx, scores.name, smoothedTargets(ctx, targets, scores, smoothing));
}
