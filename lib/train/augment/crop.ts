import type { Augmentation } from './augmentation.js';
import { eachPlane } from './picture.js';

export const crop: Augmentation = {
  name: 'crop',
  summary: 'cuts up to this share off height and width, anywhere, and stretches the rest to the old size',
  most: 0.9,
  make: (most) => (values, dims, random) => {
    const [scale, up, left] = [1 - most * random(), random(), random()];
    const source = values.slice();
    let plane = 0;
    eachPlane(values, dims, 'crop', (target, height, width) => {
      const from = source.subarray(plane, plane + target.length);
      plane += target.length;
      const rows = samplePoints(height, scale, up);
      const columns = samplePoints(width, scale, left);
      rows.forEach(([y, next, share], i) => {
        columns.forEach(([x, right, part], j) => {
          const top = from[y * width + x]! * (1 - part) + from[y * width + right]! * part;
          const bottom = from[next * width + x]! * (1 - part) + from[next * width + right]! * part;
          target[i * width + j] = top * (1 - share) + bottom * share;
        });
      });
    });
  },
};

/** For each of `count` new pixels: the two old ones it lies between and how near the second is (bilinear, half-pixel centres). */
function samplePoints(count: number, scale: number, offset: number): [number, number, number][] {
  return Array.from({ length: count }, (_, i) => {
    const start = (1 - scale) * count * offset;
    const at = Math.min(count - 1, Math.max(0, start + (i + 0.5) * scale - 0.5));
    const first = Math.floor(at);
    return [first, Math.min(count - 1, first + 1), at - first];
  });
}
