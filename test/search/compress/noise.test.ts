// How many samples tell a drop: simulated tests of pairs find it about four times out of five.
import { mcNemarTest } from '../../../lib/report/proportions.js';
import { samplesToTell } from '../../../lib/search/compress/noise.js';
import { randomNumbers } from '../../helpers/gradient-case.js';

test.each([
  [0.02, 0.05],
  [0.05, 0.05],
  [0.03, 0.2],
])('a drop of %f among %f that differ', (drop, disagreement) => {
  const samples = samplesToTell(drop, disagreement);
  const random = randomNumbers(7);
  let found = 0;
  const runs = 300;
  for (let run = 0; run < runs; run++) {
    let [firstOnly, secondOnly] = [0, 0];
    for (let i = 0; i < samples; i++) {
      const u = random();
      if (u < (disagreement + drop) / 2) firstOnly++;
      else if (u < disagreement) secondOnly++;
    }
    if (mcNemarTest({ firstOnly, secondOnly }) < 0.05) found++;
  }
  // The exact test is a little more careful than the normal approximation that the number comes from.
  expect(found / runs).toBeGreaterThan(0.65);
  expect(found / runs).toBeLessThan(0.95);
});

test('smaller drops and more disagreement take more samples', () => {
  expect(samplesToTell(0.005, 0.02)).toBeGreaterThan(3 * samplesToTell(0.01, 0.02));
  expect(samplesToTell(0.01, 0.1)).toBeGreaterThan(4 * samplesToTell(0.01, 0.02));
  expect(samplesToTell(0.1, 0)).toBe(samplesToTell(0.1, 0.1));
});
