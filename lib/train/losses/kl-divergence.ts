// Kullback-Leibler divergence of the softmax of scores [batch, classes, ...] from given probabilities: the sum over classes of
// t (log t - log p), averaged over everything else.
import { emit, int, integers, multiply, scalar } from '../../ops/gradients/emit.js';
import type { Loss } from '../training.js';
import type { RegressionOptions } from './mean-squared-error.js';
import { requireSeveral } from './one-score.js';

/** Probabilities below count as this; t log t is 0 there to single precision. */
const smallest = 1e-30;

export function klDivergence({ output = 0, target = 'target' }: RegressionOptions = {}): Loss {
  return {
    name: 'kl-divergence',
    build: (ctx) => {
      const prediction = ctx.prediction(output);
      requireSeveral('kl-divergence', prediction);
      const scores = ctx.before(prediction, 'Softmax', 1);
      const wanted = ctx.target(target, scores);
      const logs = emit(ctx, 'LogSoftmax', [scores.name], { axis: int(1) });
      const wantedLogs = emit(ctx, 'Log', [emit(ctx, 'Max', [wanted, scalar(ctx, scores.dtype, smallest)])]);
      const terms = multiply(ctx, wanted, emit(ctx, 'Sub', [wantedLogs, logs]));
      const sums = emit(ctx, 'ReduceSum', [terms, integers(ctx, 'axes', [1])], { keepdims: int(0) });
      return emit(ctx, 'ReduceMean', [sums], { keepdims: int(0) });
    },
  };
}
