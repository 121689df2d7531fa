// Stochastic gradient descent, plain or with momentum (Polyak), optionally Nesterov's.
import { emitOwn, float, int } from '../../ops/gradients/emit.js';
import type { Optimizer } from '../training.js';
import { commonAttributes, updateInputs } from './update.js';

export interface SgdOptions {
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

export function sgd({ momentum = 0, nesterov = false }: SgdOptions = {}): Optimizer {
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
