// PlainUpdate (ai.kompakt): w -= rate * g, stochastic gradient descent without memory. hyper = [rate].
import { updateOp } from './shared/update.js';

export const plainUpdate = updateOp({
  op: 'PlainUpdate',
  slots: 0,
  hypers: 1,
  attributes: {},
  rule:
    () =>
    (w, g, _, [rate]) => [w - rate! * g],
  native: () => ({ rule: 'plain', alpha: 0, beta: 0, epsilon: 0, decay: 0 }),
});
