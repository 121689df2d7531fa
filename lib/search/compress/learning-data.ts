// The samples of a search: which of them are learnt from, which judge, and what tells one set from another.
import { SamplesFingerprint } from '../../data/samples-fingerprint.js';
import { type SamplesOf, samplesIn } from '../../session/samples.js';
import { toValues } from '../../session/values.js';
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
  /** SamplesFingerprint of them. */
  readonly fingerprint: string;
}

/** Reads all samples once. */
export async function factsOf(data: Lessons): Promise<SetFacts> {
  const fingerprint = new SamplesFingerprint();
  let samples = 0;
  let labelled = true;
  for await (const { feeds, label, targets } of samplesIn<Lesson>(data)) {
    samples++;
    if (label === undefined) labelled = false;
    fingerprint.add({ inputs: toValues(feeds), label, targets: targets && toValues(targets) });
  }
  return { samples, labelled: labelled && samples > 0, fingerprint: fingerprint.digest() };
}
