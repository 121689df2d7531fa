import { breachesOf, linesOf, overText } from '../../../lib/search/compress/lines.js';
import { measuresOf, original } from '../../helpers/candidates.js';

test('a ratio that is reached exactly is kept, whatever it is rounded to', () => {
  for (let bytes = 1; bytes < 1000; bytes++) {
    const lines = (ratio: number) => breachesOf(linesOf({ ratio }, original), measuresOf({ bytes }));
    expect(lines(1000 / bytes)).toEqual([]);
    expect(lines(1000 / (bytes - 0.5))).toHaveLength(1);
  }
});

test.each([
  [0.001, '1 %'],
  [0.5, '50 %'],
  [1.5, 'a factor of 2.5'],
  [44_576.1, 'a factor of 45000'],
])('an excess of %d', (excess, text) => {
  expect(overText(excess)).toBe(text);
});
