// Stochastic gradient descent, plain or with momentum (Polyak), optionally Nesterov's.
import { z } from 'zod';
import { emitOwn, float, int } from '../../ops/gradients/emit.js';
import { parseOptions } from '../../session/parse-options.js';
import type { Optimizer } from '../training.js';
import { sgdShape } from './options.js';
import { commonAttributes, updateInputs } from './update.js';

export interface SgdOptions {
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

const schema = z.strictObject(sgdShape);

/** Throws KPT_OPTION_INVALID. */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum, nesterov } = parseOptions(schema, options, 'sgd');
  return {
    name: 'sgd',
    slots: momentum === 0 ? [] : ['velocity'],
    hypers: 1,
    hyper: (learningRate, _, out) => {
      out[0] = learningRate;
    },
    build: (writer, update) => {
      if (momentum === 0)
        return [emitOwn(writer, 'PlainUpdate', updateInputs(update), commonAttributes(update))];
      return writer.add(
        'SgdUpdate',
        updateInputs(update),
        { momentum: float(momentum), nesterov: int(Number(nesterov)), ...commonAttributes(update) },
        { domain: 'ai.kompakt', outputs: 2 },
      );
    },
  };
}
