import type { Augmentation } from './augmentation.js';
import { eachPlane } from './picture.js';

export const shift: Augmentation = {
  name: 'shift',
  summary: 'moves a picture by up to this many pixels in each direction; the border is repeated',
  most: 1024,
  whole: true,
  make: (most) => (values, dims, random) => {
    const reach = Math.floor(most);
    const pixels = (): number => Math.floor(random() * (2 * reach + 1)) - reach;
    const [dy, dx] = [pixels(), pixels()];
    const source = values.slice();
    let plane = 0;
    eachPlane(values, dims, 'shift', (target, height, width) => {
      const from = source.subarray(plane, plane + target.length);
      plane += target.length;
      for (let y = 0; y < height; y++) {
        const row = Math.min(height - 1, Math.max(0, y - dy)) * width;
        for (let x = 0; x < width; x++)
          target[y * width + x] = from[row + Math.min(width - 1, Math.max(0, x - dx))]!;
      }
    });
  },
};
