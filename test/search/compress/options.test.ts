// How long trainings are when nobody says it: long enough for few samples, not too long for many.
import { compressOptions, epochsOf } from '../../../lib/search/compress/options.js';

const options = compressOptions.parse({ budget: { maxDrop: 1 } });

test.each([
  [100, 40],
  [1000, 32],
  [6000, 6],
  [60_000, 3],
])('%d samples, %d epochs', (lessons, epochs) => {
  expect(epochsOf(options, lessons)).toBe(epochs);
});

test('what is given holds', () => {
  expect(epochsOf({ ...options, epochs: 1 }, 10)).toBe(1);
});
