// Moving average: exponential average of each sample's minimum and maximum.
import type { Calibrator } from './observer.js';

/** Weight of a new sample. */
const rate = 0.01;

export const movingAverage: Calibrator = {
  name: 'moving-average',
  summary: `exponential average of per-sample minimum and maximum (rate ${rate})`,
  source: 'Jacob et al. 2018, arXiv:1712.05877, section 3.1; starts at the first sample, not at zero',
  create: () => {
    let min = 0;
    let max = 0;
    let started = false;
    return {
      see(values) {
        if (values.length === 0) return;
        let low = values[0]!;
        let high = low;
        for (let i = 1; i < values.length; i++) {
          const v = values[i]!;
          if (v < low) low = v;
          if (v > high) high = v;
        }
        min = started ? min + rate * (low - min) : low;
        max = started ? max + rate * (high - max) : high;
        started = true;
      },
      range: () => ({ min, max }),
    };
  },
};
