// Cross-entropy of class scores against labels, with label smoothing (Szegedy et al. 2016, arXiv:1512.00567, section 7).
import { emit, int, scalar } from '../../ops/gradients/emit.js';
import type { Loss } from '../training.js';

export interface CrossEntropyOptions {
  /** Part of every target that is spread evenly over the classes. */
  readonly smoothing?: number;
  /** Which output of the model has the scores [batch, classes, ...]; default the first. A Softmax there is looked through. */
  readonly output?: number;
  /** Name under which the labels (int64) are fed. */
  readonly target?: string;
}

export function crossEntropy({
  smoothing = 0,
  output = 0,
  target = 'target',
}: CrossEntropyOptions = {}): Loss {
  return {
    name: 'cross-entropy',
    build: (ctx) => {
      const { name, dtype, dims } = ctx.before(ctx.prediction(output), 'Softmax');
      const labels = ctx.target(target, { dtype: 'int64', dims: dims.toSpliced(1, 1) });
      const [loss, logs] = ctx.add('SoftmaxCrossEntropyLoss', [name, labels], {}, { outputs: 2 }) as [
        string,
        string,
      ];
      if (smoothing === 0) return loss;
      // The mean over classes of -log p is the cross-entropy against the even distribution.
      const even = emit(ctx, 'Neg', [emit(ctx, 'ReduceMean', [logs], { keepdims: int(0) })]);
      const part = (value: string, weight: number): string =>
        emit(ctx, 'Mul', [value, scalar(ctx, dtype, weight)]);
      return emit(ctx, 'Add', [part(loss, 1 - smoothing), part(even, smoothing)]);
    },
  };
}
