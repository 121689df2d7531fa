// RMSprop (Tieleman & Hinton 2012), optionally with momentum.
import { float } from '../../ops/gradients/emit.js';
import type { Optimizer } from '../training.js';
import { commonAttributes, updateInputs } from './update.js';

export interface RmspropOptions {
  /** How much of the moving average of squares is kept. */
  readonly alpha?: number;
  readonly momentum?: number;
  readonly epsilon?: number;
}

export function rmsprop({ alpha = 0.99, momentum = 0, epsilon = 1e-8 }: RmspropOptions = {}): Optimizer {
  return {
    name: 'rmsprop',
    slots: ['square', 'velocity'],
    hypers: 1,
    hyper: (learningRate, _, out) => {
      out[0] = learningRate;
    },
    build: (writer, update) =>
      writer.add(
        'RmspropUpdate',
        updateInputs(update),
        {
          alpha: float(alpha),
          momentum: float(momentum),
          epsilon: float(epsilon),
          ...commonAttributes(update),
        },
        { domain: 'ai.kompakt', outputs: 3 },
      ),
  };
}
