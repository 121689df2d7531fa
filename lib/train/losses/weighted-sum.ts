// Several losses as one: each times its weight.
import { f32 } from '../../tensor/tensor.js';
import type { Loss } from '../training.js';

export interface WeightedLoss {
  readonly loss: Loss;
  readonly weight: number;
}

/** Requires: at least one part. */
export const weightedSum = (parts: readonly WeightedLoss[]): Loss => ({
  name: parts.map(({ loss }) => loss.name).join(' + '),
  build: (ctx) =>
    parts
      .map(({ loss, weight }) => {
        const value = loss.build(ctx);
        if (weight === 1) return value;
        return ctx.add('Mul', [value, ctx.constant('weight', f32([], [weight]))])[0]!;
      })
      .reduce((sum, part) => ctx.add('Add', [sum, part])[0]!),
});
