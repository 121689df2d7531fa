import type { BinaryMethod } from '../method.js';

export const twn: BinaryMethod = {
  name: 'twn',
  summary: 'ternary weights -a, 0 and a: more accurate than signs, but no bits',
  source:
    'Li et al. 2016, arXiv:1605.04711, equations 3, 5 and 6 (threshold 0.7 of the mean of |weights|); threshold and a by ' +
    'filter in place of by layer',
  activations: { estimate: 'clip', threshold: false, rprelu: false },
  weights: { kind: 'ternary', share: 0.7 },
};
