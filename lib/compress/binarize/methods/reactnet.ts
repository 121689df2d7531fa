import type { BinaryMethod } from '../method.js';

export const reactNet: BinaryMethod = {
  name: 'reactnet',
  summary:
    'trained thresholds before signs (RSign) and PReLU with trained shifts (RPReLU) on what stays real',
  source:
    'Liu et al. 2020, arXiv:2003.03488, equations 2 to 5; shortcuts are those of the model; behind a value that only binary ' +
    'layers read, RPReLU would be a threshold, and RSign has one already',
  activations: { estimate: 'approx', threshold: true, rprelu: true },
  weights: { kind: 'sign', estimate: 'clip', scale: 'mean', standardize: false },
};
