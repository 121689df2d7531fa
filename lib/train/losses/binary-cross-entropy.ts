// Cross-entropy of independent yes-or-no scores x against targets t in [0, 1]: the mean of softplus(x) - x t. The scores are
// those before the Sigmoid that the model may end with.
import type { Loss } from '../training.js';
import type { RegressionOptions } from './mean-squared-error.js';
import { scoresOf, yesOrNo } from './one-score.js';

export function binaryCrossEntropy({ output = 0, target = 'target' }: RegressionOptions = {}): Loss {
  return {
    name: 'binary-cross-entropy',
    build: (ctx) => {
      const scores = scoresOf(ctx, ctx.prediction(output));
      return yesOrNo(ctx, scores.name, ctx.target(target, scores));
    },
  };
}
