// Some of many samples, spread evenly over all, in one pass and without knowing how many there are.

/** At most so many samples are read for each that is wanted. */
const mostRead = 64;

/**
 * Between `count` and 2 `count` - 1 samples in their order, or all where there are fewer: each `step`-th, where `step` doubles as
 * more and more come.
 */
export async function spread<T>(samples: AsyncIterable<T> | Iterable<T>, count: number): Promise<T[]> {
  let kept: T[] = [];
  let [step, seen] = [1, 0];
  for await (const sample of samples) {
    if (seen % step === 0) kept.push(sample);
    seen++;
    if (kept.length === 2 * count) {
      kept = kept.filter((_, i) => i % 2 === 0);
      step *= 2;
    }
    if (seen === mostRead * count) break;
  }
  return kept;
}
