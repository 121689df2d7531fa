// Cross-entropy of independent yes-or-no scores x against targets t in [0, 1]: the mean of softplus(x) - x t. The scores are
// those before the Sigmoid that the model may end with.
import { emit, int, multiply } from '../../ops/gradients/emit.js';
import type { Loss } from '../training.js';
import type { RegressionOptions } from './mean-squared-error.js';

export function binaryCrossEntropy({ output = 0, target = 'target' }: RegressionOptions = {}): Loss {
  return {
    name: 'binary-cross-entropy',
    build: (ctx) => {
      const scores = ctx.before(ctx.prediction(output), 'Sigmoid');
      const product = multiply(ctx, scores.name, ctx.target(target, scores));
      const losses = emit(ctx, 'Sub', [emit(ctx, 'Softplus', [scores.name]), product]);
      return emit(ctx, 'ReduceMean', [losses], { keepdims: int(0) });
    },
  };
}
