// The samples of a search: which of them are learnt from, which judge, and what tells one set from another.
import { createHash } from 'node:crypto';
import { type SamplesOf, samplesIn } from '../../session/samples.js';
import { toValues } from '../../session/values.js';
import { bytesOf } from '../../tensor/tensor.js';
import { randomFor } from '../../train/seeds.js';
import type { Lesson } from '../../train/train-model.js';
import type { HeldOut } from './recipe.js';

export type Lessons = SamplesOf<Lesson>;

/** The samples that are held out, or those that are not: drawn one by one, so that no order of the set matters. */
export function partOf(data: Lessons, { share, seed }: HeldOut, part: 'judged' | 'learnt'): Lessons {
  const chooser = () => {
    const random = randomFor(seed, 'holdout');
    return () => random() < share === (part === 'judged');
  };
  if (Array.isArray(data)) return data.filter(chooser());
  return {
    async *[Symbol.asyncIterator]() {
      const chosen = chooser();
      for await (const sample of samplesIn<Lesson>(data)) if (chosen()) yield sample;
    },
  };
}

export interface SetFacts {
  readonly samples: number;
  /** Whether all samples have labels. */
  readonly labelled: boolean;
  /** SHA-256 over inputs and labels, 16 digits. */
  readonly fingerprint: string;
}

/** Reads all samples once. */
export async function factsOf(data: Lessons): Promise<SetFacts> {
  const hash = createHash('sha256');
  let samples = 0;
  let labelled = true;
  for await (const { feeds, label } of samplesIn<Lesson>(data)) {
    samples++;
    if (label === undefined) labelled = false;
    hash.update(`${label};`);
    for (const [name, value] of toValues(feeds)) {
      hash.update(`${name}:${value.dtype}:${value.dims.join(',')};`);
      hash.update(bytesOf(value));
    }
  }
  return { samples, labelled: labelled && samples > 0, fingerprint: hash.digest('hex').slice(0, 16) };
}
