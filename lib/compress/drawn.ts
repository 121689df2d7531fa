// Some of the samples to learn from, for what does not need them all.
import { wantedOf } from '../data/draw.js';
import type { TrainingInputs } from '../train/train-model.js';

type Samples = TrainingInputs['data'];

/** At most `most`: drawn evenly of an array and of openSamples, for data is often sorted by class; the first of others. */
export function drawn(samples: Samples, most: number): Samples {
  if (Array.isArray(samples)) {
    const { has } = wantedOf(samples.length, most);
    return samples.filter((_, i) => has(i));
  }
  return canDraw(samples) ? samples.draw(most) : samples;
}

const canDraw = (samples: Samples): samples is Samples & { readonly draw: (most: number) => Samples } =>
  'draw' in samples && typeof samples.draw === 'function';
