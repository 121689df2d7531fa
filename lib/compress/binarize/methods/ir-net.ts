import type { BinaryMethod } from '../method.js';

export const irNet: BinaryMethod = {
  name: 'ir-net',
  summary:
    'standardised weights, scales that are powers of two, gradients that sharpen from identity to sign (EDE)',
  source:
    'Qin et al. 2020, arXiv:1909.10788, equations 5 to 11 (Libra parameter binarisation and EDE, t from 0.1 to 10); Adam and ' +
    'latent weights within 1 in place of SGD with weight decay',
  activations: { estimate: 'ede', threshold: false, rprelu: false },
  weights: { kind: 'sign', estimate: 'ede', scale: 'power-of-two', standardize: true },
};
