// Bop, the optimiser of binary weights without latent ones (Helwegen et al. 2019): lib/ops/bop-update.ts. Parameters must be
// 1 and -1 when training starts. The learning rate is that at which the average of gradients moves (the paper's gamma,
// 1e-4 or so), so that a schedule lets weights turn ever more rarely.
import { z } from 'zod';
import { float } from '../../ops/gradients/emit.js';
import { parseOptions } from '../../session/parse-options.js';
import type { Optimizer } from '../training.js';
import { bopShape } from './options.js';
import { commonAttributes, updateInputs } from './update.js';

export interface BopOptions {
  /** What the average of a weight's gradients must pass for it to turn (the paper's tau). */
  readonly threshold?: number;
}

const schema = z.strictObject(bopShape);

/** Throws KPT_OPTION_INVALID. */
export function bop(options: BopOptions = {}): Optimizer {
  const { threshold } = parseOptions(schema, options, 'bop');
  return {
    name: 'bop',
    slots: ['mean'],
    hypers: 1,
    hyper: (learningRate, _, out) => {
      out[0] = learningRate;
    },
    build: (writer, update) =>
      writer.add(
        'BopUpdate',
        updateInputs(update),
        { threshold: float(threshold), ...commonAttributes(update) },
        { domain: 'ai.kompakt', outputs: 2 },
      ),
  };
}
