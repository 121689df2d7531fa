// Random erasing (Zhong et al. 2020, arXiv:1708.04896, algorithm 1): a rectangle of 2 to 40 % of the area and a ratio of its sides
// between 0.3 and 1/0.3 becomes noise. The noise is uniform between the least and the largest value of the picture: what
// 0 to 255 is in the paper.
import type { Augmentation } from './augmentation.js';
import { eachPlane } from './picture.js';

const [leastArea, mostArea] = [0.02, 0.4];
const leastRatio = 0.3;
/** Rectangles that are drawn until one fits, as in the authors' code. */
const attempts = 100;

export const erase: Augmentation = {
  name: 'erase',
  summary: 'fills a rectangle with noise with this probability',
  most: 1,
  make: (probability) => (values, dims, random) => {
    if (random() >= probability) return;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    let place: Rectangle | undefined;
    eachPlane(values, dims, 'erase', (plane, height, width) => {
      place ??= rectangle(height, width, random);
      for (let y = 0; y < place.height; y++)
        for (let x = 0; x < place.width; x++)
          plane[(place.top + y) * width + place.left + x] = low + (high - low) * random();
    });
  },
};

interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

function rectangle(height: number, width: number, random: () => number): Rectangle {
  for (let i = 0; i < attempts; i++) {
    const area = (leastArea + (mostArea - leastArea) * random()) * height * width;
    const ratio = leastRatio + (1 / leastRatio - leastRatio) * random();
    const [h, w] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
    if (h >= height || w >= width) continue;
    const [top, left] = [Math.floor(random() * (height - h + 1)), Math.floor(random() * (width - w + 1))];
    return { top, left, height: h, width: w };
  }
  return { top: 0, left: 0, height: 0, width: 0 };
}
