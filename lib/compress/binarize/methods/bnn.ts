import type { BinaryMethod } from '../method.js';

export const bnn: BinaryMethod = {
  name: 'bnn',
  summary: 'signs of weights and activations; BatchNormalization has the scale',
  source:
    'Courbariaux et al. 2016, arXiv:1602.02830, equations 1 and 4 and algorithm 1; Adam in place of shift-based AdaMax',
  activations: { estimate: 'clip', threshold: false, rprelu: false },
  weights: { kind: 'sign', estimate: 'clip', scale: 'none', standardize: false },
};
