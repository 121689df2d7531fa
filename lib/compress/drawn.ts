// Some of the samples to learn from, for what does not need them all.
import { wantedOf } from '../data/draw.js';

type Samples<T> = AsyncIterable<T> | Iterable<T>;

/** At most `most`: drawn evenly of an array and of openSamples, for data is often sorted by class; the first of others. */
export function drawn<T>(samples: Samples<T>, most: number): Samples<T> {
  if (Array.isArray(samples)) {
    const { has } = wantedOf(samples.length, most);
    return samples.filter((_, i) => has(i));
  }
  return canDraw(samples) ? samples.draw(most) : samples;
}

const canDraw = <T>(
  samples: Samples<T>,
): samples is Samples<T> & { readonly draw: (most: number) => Samples<T> } =>
  'draw' in samples && typeof samples.draw === 'function';
