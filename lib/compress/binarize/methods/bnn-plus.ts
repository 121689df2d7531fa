import type { BinaryMethod } from '../method.js';

export const bnnPlus: BinaryMethod = {
  name: 'bnn-plus',
  summary: 'gradients by SwishSign; a trained scale a filter',
  source:
    'Darabi et al. 2018, arXiv:1812.11800, equations 3 to 5, beta = 5; without the regulariser of section 3.3, which pulls ' +
    'weights to 1 and -1',
  activations: { estimate: 'swish', threshold: false, rprelu: false },
  weights: { kind: 'sign', estimate: 'swish', scale: 'learned', standardize: false },
};
