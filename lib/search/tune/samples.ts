// Training samples and those that are held out from them to judge trials by: stratified, so that every class keeps its share,
// and the same for the same seed.
import { SamplesFingerprint } from '../../data/samples-fingerprint.js';
import { expected, KompaktError } from '../../errors.js';
import { keptSamples } from '../../session/kept-samples.js';
import { requireRepeatable, type SamplesOf, samplesIn } from '../../session/samples.js';
import { toValues } from '../../session/values.js';
import { bytesOf } from '../../tensor/tensor.js';
import type { LabelledSample } from '../../train/evaluate.js';
import { randomFor } from '../../train/seeds.js';
import type { Lesson } from '../../train/train-model.js';

export type Samples = SamplesOf<Lesson>;
export type LabelledSamples = SamplesOf<LabelledSample>;

export interface SplitSamples {
  readonly training: Samples;
  readonly trainingCount: number;
  readonly validation: LabelledSamples;
  readonly validationCount: number;
  /** Both together. */
  readonly all: Samples;
  /** Of `data`, and of `validate` where there is such a set. */
  readonly fingerprints: readonly string[];
}

/** Bytes of samples that are kept in memory; more are read from their source in every trial. */
const memoryBytes = 2 ** 30;

/** Samples that can be read as often as there are trials, and their labels. Throws KPT_OPTION_INVALID for an iterator, which
 *  can be read once. */
async function readable(
  data: Samples,
  option = 'data',
): Promise<{
  readonly samples: Samples;
  readonly labels: readonly (number | undefined)[];
  readonly fingerprint: string;
}> {
  requireRepeatable(data, option, 'tune');
  const held: Lesson[] = [];
  const labels: (number | undefined)[] = [];
  const fingerprint = new SamplesFingerprint();
  let bytes = 0;
  for await (const sample of samplesIn<Lesson>(keptSamples<Lesson>(data))) {
    const { label, targets } = sample;
    const inputs = toValues(sample.feeds);
    for (const value of inputs.values()) bytes += bytesOf(value).length;
    if (bytes <= memoryBytes) held.push(sample);
    else held.length = 0;
    labels.push(label);
    fingerprint.add({ inputs, label, targets: targets && toValues(targets) });
  }
  if (labels.length === 0) throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to tune on.');
  return {
    samples: held.length === labels.length ? held : data,
    labels,
    fingerprint: fingerprint.digest(),
  };
}

/** All samples for training and others to validate by. */
export async function withValidation(data: Samples, validate: LabelledSamples): Promise<SplitSamples> {
  const { samples, labels, fingerprint } = await readable(data);
  const validation = await readable(validate, 'validate');
  return {
    training: samples,
    trainingCount: labels.length,
    validation: validation.samples,
    validationCount: validation.labels.length,
    all: samples,
    fingerprints: [fingerprint, validation.fingerprint],
  };
}

/** Holds a share of each class out. Samples without a label are trained on: nothing can be judged by them. */
export async function holdOut(data: Samples, share: number, seed: number): Promise<SplitSamples> {
  const { samples, labels, fingerprint } = await readable(data);
  const out = heldOut(labels, share, seed);
  if (out.size === 0 || out.size === labels.length)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      expected(
        'labelled samples for training and for validation',
        `option holdout ${share} of tune`,
        `${out.size} of ${labels.length} held out`,
      ),
    );
  return {
    training: picked(samples, (index) => !out.has(index)),
    trainingCount: labels.length - out.size,
    validation: picked(samples, (index) => out.has(index)),
    validationCount: out.size,
    all: samples,
    fingerprints: [fingerprint],
  };
}

/** Indices of the samples that are held out: of each class its share, rounded, but of two one at least, and never all. */
export function heldOut(
  labels: readonly (number | undefined)[],
  share: number,
  seed: number,
): ReadonlySet<number> {
  const classes = new Map<number, number[]>();
  labels.forEach((label, index) => {
    if (label === undefined) return;
    const members = classes.get(label) ?? [];
    members.push(index);
    classes.set(label, members);
  });
  const random = randomFor(seed, 'holdout');
  const out = new Set<number>();
  for (const label of [...classes.keys()].toSorted((a, b) => a - b)) {
    const members = classes.get(label)!;
    const count = Math.min(members.length - 1, Math.max(1, Math.round(share * members.length)));
    // The first steps of a shuffle (Fisher & Yates): all that is needed of it.
    for (let i = 0; i < count; i++) {
      const at = i + Math.floor(random() * (members.length - i));
      [members[i], members[at]] = [members[at]!, members[i]!];
      out.add(members[i]!);
    }
  }
  return out;
}

const picked = (samples: Samples, wanted: (index: number) => boolean): AsyncIterable<Lesson> => ({
  async *[Symbol.asyncIterator]() {
    let index = 0;
    for await (const sample of samplesIn<Lesson>(samples)) if (wanted(index++)) yield sample;
  },
});
