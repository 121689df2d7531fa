// Classes that count differently: -sum w_c t_c log p_c over samples and classes, by the sum of w_c t_c with the targets t as they were
// before smoothing. With labels that is the weighted mean of SoftmaxCrossEntropyLoss.
import { KompaktError } from '../../errors.js';
import { emit, int, multiply, reshape, scalar } from '../../ops/gradients/emit.js';
import { fromNumbers } from '../../tensor/tensor.js';
import type { LossContext, TrainingValue } from '../training.js';

function requireFor(classes: number, weights: readonly number[], { name, dims }: TrainingValue): void {
  if (weights.length === classes) return;
  const why = dims[1] === classes ? `[${dims.join(',')}]` : 'of one score, no and yes';
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    `Expected ${classes} classWeights for '${name}' ${why} but received ${weights.length}.`,
  );
}

/** Of scores [batch, classes, ...]. Throws KPT_OPTION_INVALID where there are not as many. */
export class ClassWeights {
  /** [classes]. */
  readonly name: string;
  /** [1, classes, 1...]. */
  readonly #spread: string;

  constructor(
    private readonly ctx: LossContext,
    weights: readonly number[],
    scores: TrainingValue,
  ) {
    const { dtype, dims } = scores;
    requireFor(dims[1]!, weights, scores);
    this.name = ctx.constant('class_weights', fromNumbers(dtype, [weights.length], weights));
    this.#spread = reshape(
      ctx,
      this.name,
      dims.map((_, axis) => (axis === 1 ? weights.length : 1)),
    );
  }

  /** Of targets in the shape of the scores. */
  sumOf(targets: string): string {
    return total(this.ctx, multiply(this.ctx, targets, this.#spread));
  }

  /** Of labels without the axis of classes. */
  sumOfLabels(labels: string): string {
    return total(this.ctx, emit(this.ctx, 'Gather', [this.name, labels]));
  }

  /** Sum of weighted values, by `sum`. */
  meanOf(values: string, sum: string): string {
    return emit(this.ctx, 'Div', [this.sumOf(values), sum]);
  }
}

/** Of one score: w_yes t softplus(-x) + w_no (1 - t) softplus(x), which is v softplus(x) - w_yes t x with v = w_yes t + w_no (1 - t). */
export function weightedYesOrNo(
  ctx: LossContext,
  scores: TrainingValue,
  {
    targets,
    smoothed,
    classWeights,
  }: { readonly targets: string; readonly smoothed: string; readonly classWeights: readonly number[] },
): string {
  requireFor(2, classWeights, scores);
  const [no, yes] = classWeights as readonly [number, number];
  const number = (value: number): string => scalar(ctx, scores.dtype, value);
  const weightOf = (t: string): string => emit(ctx, 'Add', [multiply(ctx, t, number(yes - no)), number(no)]);
  const rises = multiply(ctx, weightOf(smoothed), emit(ctx, 'Softplus', [scores.name]));
  const falls = multiply(ctx, multiply(ctx, smoothed, number(yes)), scores.name);
  const losses = emit(ctx, 'Sub', [rises, falls]);
  return emit(ctx, 'Div', [total(ctx, losses), total(ctx, weightOf(targets))]);
}

const total = (ctx: LossContext, values: string): string =>
  emit(ctx, 'ReduceSum', [values], { keepdims: int(0) });
