import { magnitudesOf } from '../../../ops/prune.js';
import { type Distribution, lowestOf } from '../distribution.js';

export const global: Distribution = {
  name: 'global',
  summary: 'the least weights of all layers, by one threshold',
  source: 'Blalock et al. 2020, arXiv:2003.03033, section 2.3 (global magnitude pruning)',
  zerosOf: (layers, zeros) =>
    lowestOf(
      layers.map(({ values }) => magnitudesOf(values)),
      zeros,
    ),
};
