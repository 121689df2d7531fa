import { overText } from '../../../lib/search/compress/lines.js';

test.each([
  [0.001, '1 %'],
  [0.5, '50 %'],
  [1.5, 'a factor of 2.5'],
  [44_576.1, 'a factor of 45000'],
])('an excess of %d', (excess, text) => {
  expect(overText(excess)).toBe(text);
});
