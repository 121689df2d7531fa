import type { BinaryMethod } from '../method.js';

export const xnorNet: BinaryMethod = {
  name: 'xnor-net',
  summary: 'filters are signs times the mean of their |weights|',
  source:
    'Rastegari et al. 2016, arXiv:1603.05279, equations 2, 6 and 11; the gradient of the mean is the exact one, and ' +
    'activations have no scale K: BatchNormalization before the sign makes it the same everywhere (section 3.2 finds it to ' +
    'matter little)',
  activations: { estimate: 'clip', threshold: false, rprelu: false },
  weights: { kind: 'sign', estimate: 'clip', scale: 'mean', standardize: false },
};
