// Min-max: the smallest and the largest value seen.
import type { Calibrator } from './observer.js';

export const minMax: Calibrator = {
  name: 'min-max',
  summary: 'the smallest and largest value seen; nothing is clipped',
  source: 'Jacob et al. 2018, arXiv:1712.05877, section 3.1',
  create: () => {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    return {
      see(values) {
        for (let i = 0; i < values.length; i++) {
          const v = values[i]!;
          if (v < min) min = v;
          if (v > max) max = v;
        }
      },
      range: () => (min <= max ? { min, max } : { min: 0, max: 0 }),
    };
  },
};
