import { type Distribution, wholeShares } from '../distribution.js';

export const uniform: Distribution = {
  name: 'uniform',
  summary: 'the same share of every layer',
  source:
    'Zhu & Gupta 2017, arXiv:1710.01878, section 3. They leave first layers dense; here options say which stay.',
  zerosOf: (layers, zeros) => {
    const sizes = layers.map(({ values }) => values.length);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    return wholeShares(
      sizes.map((size) => (zeros * size) / all),
      sizes,
      zeros,
    );
  },
};
