import type { BinaryMethod } from '../method.js';

export const biReal: BinaryMethod = {
  name: 'bi-real',
  summary: 'as xnor-net, with gradients of activations by ApproxSign',
  source:
    'Liu et al. 2018, arXiv:1808.00278, equations 7 and 8; shortcuts that the model has are kept in float, none are added',
  activations: { estimate: 'approx', threshold: false, rprelu: false },
  weights: { kind: 'sign', estimate: 'clip', scale: 'mean', standardize: false },
};
