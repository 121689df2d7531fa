import { collect, type Feeds } from '../../lib/calibrate/collect.js';
import { minMax } from '../../lib/calibrate/min-max.js';
import { f32, i64, type TensorValue } from '../../lib/tensor/tensor.js';

const sample = (...values: number[]): Feeds => new Map([['x', f32([values.length], values)]]);
const double = async (feeds: Feeds) =>
  new Map([
    [
      'y',
      f32(
        [2],
        (feeds.get('x')!.data as Float32Array).map((v) => 2 * v),
      ),
    ],
  ]);

function run(
  samples: Iterable<Feeds> | AsyncIterable<Feeds>,
  execute: (feeds: Feeds) => Promise<ReadonlyMap<string, TensorValue>> = double,
  more: { limit?: number; signal?: AbortSignal } = {},
) {
  const observer = minMax.create({ levels: 256, symmetric: false });
  const observers = new Map([['y', observer]]);
  return {
    observer,
    done: collect({ samples, execute, observers, limit: more.limit ?? 100, signal: more.signal }),
  };
}

describe('collect', () => {
  it('shows every sample to the observers', async () => {
    const { observer, done } = run([sample(1, 2), sample(-3, 0)]);
    expect(await done).toBe(2);
    expect(observer.range()).toEqual({ min: -6, max: 4 });
  });

  it('takes asynchronous data and stops at the limit', async () => {
    let made = 0;
    async function* endless() {
      for (;;) yield sample(++made, 0);
    }
    const { observer, done } = run(endless(), double, { limit: 5 });
    expect(await done).toBe(5);
    expect(made).toBe(5);
    expect(observer.range().max).toBe(10);
  });

  it('refuses an empty set', async () => {
    await expect(run([]).done).rejects.toMatchObject({ code: 'KPT_CALIBRATION_EMPTY' });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'names tensor and sample at %s',
    async (bad) => {
      const input = run([sample(1, 2), sample(1, bad)]).done;
      await expect(input).rejects.toMatchObject({
        code: 'KPT_CALIBRATION_VALUES',
        details: { tensor: 'x', sample: 1, element: 1 },
      });
      const inside = run([sample(1, 2)], async () => new Map([['y', f32([2], [bad, 0])]])).done;
      await expect(inside).rejects.toMatchObject({ details: { tensor: 'y', sample: 0 } });
    },
  );

  it('refuses values that are not float32 or absent', async () => {
    await expect(run([sample(1)], async () => new Map()).done).rejects.toMatchObject({
      code: 'KPT_TYPE_MISMATCH',
    });
    const wrong = run([sample(1)], async () => new Map([['y', i64([1])]])).done;
    await expect(wrong).rejects.toMatchObject({ code: 'KPT_TYPE_MISMATCH' });
  });

  it('stops when aborted', async () => {
    const { done } = run([sample(1, 2)], double, { signal: AbortSignal.abort() });
    await expect(done).rejects.toMatchObject({ code: 'KPT_ABORTED' });
  });
});
