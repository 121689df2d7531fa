import { normalNumbers } from '../../ops/shared/random-numbers.js';
import type { Augmentation } from './augmentation.js';

export const noise: Augmentation = {
  name: 'noise',
  summary: 'adds normal noise of this standard deviation, in units of the model input',
  most: Number.MAX_VALUE,
  make: (deviation) => (values, _, random) => {
    const normal = normalNumbers(random);
    for (let i = 0; i < values.length; i++) values[i]! += deviation * normal();
  },
};
