// RMSprop (Tieleman & Hinton 2012), optionally with momentum.
import { z } from 'zod';
import { float } from '../../ops/gradients/emit.js';
import { parseOptions } from '../../session/parse-options.js';
import type { Optimizer } from '../training.js';
import { rmspropShape } from './options.js';
import { commonAttributes, updateInputs } from './update.js';

export interface RmspropOptions {
  /** How much of the moving average of squares is kept. */
  readonly alpha?: number;
  readonly momentum?: number;
  readonly epsilon?: number;
}

const schema = z.strictObject(rmspropShape);

/** Throws KPT_OPTION_INVALID. */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { alpha, momentum, epsilon } = parseOptions(schema, options, 'rmsprop');
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
