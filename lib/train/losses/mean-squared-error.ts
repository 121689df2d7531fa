// The mean of squared differences between an output and its target.
import { emit, int, multiply } from '../../ops/gradients/emit.js';
import type { Loss } from '../training.js';

export interface RegressionOptions {
  /** Which output of the model; default the first. */
  readonly output?: number;
  /** Name under which the target (float32, shaped like the output) is fed. */
  readonly target?: string;
}

export function meanSquaredError({ output = 0, target = 'target' }: RegressionOptions = {}): Loss {
  return {
    name: 'mean-squared-error',
    build: (ctx) => {
      const prediction = ctx.prediction(output);
      const difference = emit(ctx, 'Sub', [prediction.name, ctx.target(target, prediction)]);
      return emit(ctx, 'ReduceMean', [multiply(ctx, difference, difference)], { keepdims: int(0) });
    },
  };
}
