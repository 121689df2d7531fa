// Every calibrator, one line each. Options and documentation enumerate this list.
import { entropy } from './entropy.js';
import { minMax } from './min-max.js';
import { movingAverage } from './moving-average.js';
import { mse } from './mse.js';
import type { Calibrator } from './observer.js';
import { percentile } from './percentile.js';

export const calibrators: readonly Calibrator[] = [entropy, minMax, movingAverage, mse, percentile];
