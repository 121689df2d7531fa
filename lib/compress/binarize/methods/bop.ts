import type { BinaryMethod } from '../method.js';

export const bopMethod: BinaryMethod = {
  name: 'bop',
  summary: 'no latent weights: signs turn when a moving average of their gradients says so',
  source:
    'Helwegen et al. 2019, arXiv:1906.02107, algorithm 1, with the threshold 1e-8 and, at a learning rate of 0.001, the ' +
    'rate 1e-4 of section 5.1; other parameters by the optimiser of the run',
  activations: { estimate: 'clip', threshold: false, rprelu: false },
  weights: { kind: 'bop', rate: 0.1, threshold: 1e-8 },
};
