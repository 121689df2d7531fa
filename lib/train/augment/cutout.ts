// Cutout (DeVries & Taylor 2017, arXiv:1708.04552, section 3.2): the centre of the square is anywhere in the picture, so that
// parts of the square may lie outside.
import type { Augmentation } from './augmentation.js';
import { eachPlane } from './picture.js';

export const cutout: Augmentation = {
  name: 'cutout',
  summary: 'sets a square of this share of the shorter side to 0, anywhere',
  most: 1,
  make: (share) => (values, dims, random) => {
    const [down, right] = [random(), random()];
    eachPlane(values, dims, 'cutout', (plane, height, width) => {
      const side = Math.max(1, Math.round(share * Math.min(height, width)));
      const top = Math.floor(down * height) - (side >> 1);
      const left = Math.floor(right * width) - (side >> 1);
      const [from, to] = [Math.max(0, left), Math.min(width, left + side)];
      for (let y = Math.max(0, top); y < Math.min(height, top + side); y++)
        plane.fill(0, y * width + from, y * width + to);
    });
  },
};
