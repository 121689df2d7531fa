// BopUpdate (ai.kompakt; Bop, Helwegen et al. 2019, arXiv:1906.02107, algorithm 1): parameters are 1 and -1, and turn when a
// moving average of the gradient has said so strongly enough: m = (1 - hyper[0]) * m + hyper[0] * g; w = -w where
// w * m > threshold. hyper = [rate at which the average moves].
import { floatAttr } from './op.js';
import { updateOp } from './shared/update.js';

export const bopUpdate = updateOp({
  op: 'BopUpdate',
  slots: 1,
  hypers: 1,
  attributes: { threshold: { type: 'float' } },
  rule: (node) => {
    const threshold = floatAttr(node, 'threshold');
    return (w, g, [m], [rate]) => {
      const mean = (1 - rate!) * m! + rate! * g;
      return [w * mean > threshold ? -w : w, mean];
    };
  },
  native: (node) => ({
    rule: 'bop',
    alpha: floatAttr(node, 'threshold'),
    beta: 0,
    epsilon: 0,
    decay: 0,
  }),
});
