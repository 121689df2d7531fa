// Cross-entropy of class scores against labels, with label smoothing (Szegedy et al. 2016, arXiv:1512.00567, section 7). A model with
// one score tells two classes apart, and its cross-entropy is that of yes and no (one-score.ts).
import { emit, int, multiply, scalar } from '../../ops/gradients/emit.js';
import type { Loss, LossContext, TrainingValue } from '../training.js';
import { ClassWeights, weightedYesOrNo } from './class-weights.js';
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
  /** How much each class counts, as where some are rare: of no and yes for one score. The loss is the mean weighted by those of the labels. */
  readonly classWeights?: readonly number[] | undefined;
}

export function crossEntropy({
  smoothing = 0,
  output = 0,
  target = 'target',
  soft = false,
  classWeights,
}: CrossEntropyOptions = {}): Loss {
  return {
    name: 'cross-entropy',
    build: (ctx) => {
      const prediction = ctx.prediction(output);
      if (isOneScore(prediction)) return ofOne(ctx, prediction, { smoothing, target, soft, classWeights });
      const scores = ctx.before(prediction, 'Softmax', 1);
      const { name, dtype, dims } = scores;
      const weights = classWeights && new ClassWeights(ctx, classWeights, scores);
      const part = (value: string, weight: number): string =>
        multiply(ctx, value, scalar(ctx, dtype, weight));
      // The mean over classes of -log p is the cross-entropy against the even distribution.
      const smoothed = (loss: string, logs: string, sum?: string): string => {
        if (smoothing === 0) return loss;
        const mean =
          weights === undefined
            ? emit(ctx, 'ReduceMean', [logs], { keepdims: int(0) })
            : part(weights.meanOf(logs, sum!), 1 / dims[1]!);
        return emit(ctx, 'Add', [part(loss, 1 - smoothing), part(mean, -smoothing)]);
      };
      if (soft) {
        requireRank(scores, 2, 'mixed labels');
        const probabilities = ctx.target(target, { dtype: 'float32', dims });
        const logs = emit(ctx, 'LogSoftmax', [name], { axis: int(1) });
        if (weights !== undefined) {
          const sum = weights.sumOf(probabilities);
          return smoothed(part(weights.meanOf(multiply(ctx, probabilities, logs), sum), -1), logs, sum);
        }
        const sum = emit(ctx, 'ReduceSum', [multiply(ctx, probabilities, logs)], { keepdims: int(0) });
        return smoothed(part(sum, -1 / dims[0]!), logs);
      }
      const labels = ctx.target(target, { dtype: 'int64', dims: dims.toSpliced(1, 1) });
      const inputs = [name, labels, ...(weights ? [weights.name] : [])];
      const [loss, logs] = ctx.add('SoftmaxCrossEntropyLoss', inputs, {}, { outputs: 2 }) as [string, string];
      return smoothed(loss, logs, smoothing === 0 ? undefined : weights?.sumOfLabels(labels));
    },
  };
}

function ofOne(
  ctx: LossContext,
  prediction: TrainingValue,
  {
    smoothing,
    target,
    soft,
    classWeights,
  }: Required<Omit<CrossEntropyOptions, 'output' | 'classWeights'>> &
    Pick<CrossEntropyOptions, 'classWeights'>,
): string {
  const scores = scoresOf(ctx, prediction);
  const targets = soft
    ? ctx.target(target, { dtype: 'float32', dims: scores.dims })
    : targetsOf(ctx, ctx.target(target, { dtype: 'int64', dims: scores.dims.toSpliced(1, 1) }), scores);
  const even = smoothedTargets(ctx, targets, scores, smoothing);
  return classWeights === undefined
    ? yesOrNo(ctx, scores.name, even)
    : weightedYesOrNo(ctx, scores, { targets, smoothed: even, classWeights });
}
