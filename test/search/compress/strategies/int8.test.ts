// The strategies that end in INT8: what they try next, by what came out before.
import { int8 } from '../../../../lib/search/compress/strategies/int8.js';
import { mixed } from '../../../../lib/search/compress/strategies/mixed.js';
import { qat } from '../../../../lib/search/compress/strategies/qat.js';
import { Bench } from '../../../helpers/candidates.js';
import { explore } from '../../../helpers/explore.js';

describe('int8', () => {
  test('one trial is enough when it keeps the accuracy', () => {
    const bench = new Bench({ maxDrop: 0.5 });
    expect(explore(int8, bench, () => ({ drop: 0.4, bytes: 300, speedUp: 3 }))).toEqual(['INT8, mse ranges']);
    expect(bench.skipped).toEqual([['other ways to calibrate', 'trial 1 keeps the accuracy']]);
  });

  test('other calibration is tried until one keeps the accuracy', () => {
    const bench = new Bench({ maxDrop: 0.5 });
    const tried = explore(int8, bench, (_, i) => ({ drop: 3 - i, bytes: 300 }));
    expect(tried).toHaveLength(4);
    expect(new Set(tried).size).toBe(4);
  });

  test('what is too large stays too large: nothing else is tried', () => {
    const bench = new Bench({ maxDrop: 0.5, maxBytes: 200 });
    expect(explore(int8, bench, () => ({ drop: 9, bytes: 300 }))).toHaveLength(1);
    expect(bench.skipped[0]![1]).toContain('50 % too large');
  });

  test('the best calibrator is tried without equalisation and correction', () => {
    const bench = new Bench({ maxDrop: 0.5 });
    const tried = explore(int8, bench, ([step]) => ({
      drop: step!.method === 'quantize' && step!.calibrator === 'percentile' ? 1 : 2,
    }));
    expect(tried.slice(-2)).toEqual([
      'INT8, percentile ranges, not equalised',
      'INT8, percentile ranges, biases not corrected',
    ]);
  });
});

describe('mixed', () => {
  const quantized = (budget: ConstructorParameters<typeof Bench>[0], drop: number, bytes = 300): Bench => {
    const bench = new Bench(budget);
    bench.add('int8', [{ method: 'quantize' }], { drop, bytes });
    return bench;
  };

  test('climbs until the accuracy is kept', () => {
    const tried = explore(mixed, quantized({ maxDrop: 0.5 }, 5), (_, i) => ({ drop: 2 - i, bytes: 400 }));
    expect(tried).toEqual([15, 20, 25].map((dB) => `INT8, mse ranges, sensitive values in float (${dB} dB)`));
  });

  test('stops where float layers break the size', () => {
    const bench = quantized({ maxDrop: 0.5, maxBytes: 500 }, 5);
    const tried = explore(mixed, bench, (_, i) => ({ drop: 2, bytes: 400 + 150 * i }));
    expect(tried).toHaveLength(2);
    expect(bench.skipped[0]![1]).toContain('10 % too large');
  });

  test.each([
    ['a size that INT8 is over already', { maxBytes: 250 }, 5, 'float layers are larger and slower'],
    ['an accuracy that INT8 keeps', { maxDrop: 6 }, 5, 'keeps the accuracy in INT8'],
  ])('is not tried for %s', (_, budget, drop, why) => {
    const bench = quantized(budget, drop);
    expect(explore(mixed, bench, () => ({}))).toEqual([]);
    expect(bench.skipped[0]![1]).toContain(why);
  });
});

describe('qat', () => {
  test('trains longer when the first training is promising', () => {
    const bench = new Bench({ maxDrop: 0.5 });
    bench.add('int8', [{ method: 'quantize', calibrator: 'entropy' }], { drop: 4, bytes: 300 });
    const tried = explore(qat, bench, () => ({ drop: 2, bytes: 300 }));
    expect(tried).toEqual([
      'taught by the original as INT8, 2 epochs',
      'taught by the original as INT8, 6 epochs',
    ]);
    expect(bench.candidates.at(-1)!.recipe.steps[0]).toMatchObject({ quantize: { calibrator: 'entropy' } });
  });

  test('does not when it is not', () => {
    const bench = new Bench({ maxDrop: 0.5 });
    bench.add('int8', [{ method: 'quantize' }], { drop: 4, bytes: 300 });
    expect(explore(qat, bench, () => ({ drop: 3.9, bytes: 300 }))).toHaveLength(1);
    expect(bench.skipped[0]![1]).toContain('0.10 of 4.00 points');
  });

  test('learns from the teacher alone where there are no labels', () => {
    const bench = new Bench({ maxDrop: 0.5 });
    const findings = { ...bench.findings, settings: { ...bench.findings.settings, labelled: false } };
    const { value } = qat.explore(findings).next();
    expect(value).toMatchObject({ steps: [{ method: 'distill', softWeight: 1 }] });
  });
});
