import type { Augmentation } from './augmentation.js';
import { eachPlane } from './picture.js';

export const flip: Augmentation = {
  name: 'flip',
  summary: 'mirrors a picture left to right with this probability',
  most: 1,
  make: (probability) => (values, dims, random) => {
    if (random() >= probability) return;
    eachPlane(values, dims, 'flip', (plane, height, width) => {
      for (let y = 0; y < height; y++) plane.subarray(y * width, (y + 1) * width).reverse();
    });
  },
};
