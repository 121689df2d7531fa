// What two classifiers answer to labelled samples: how often each is right, where they differ, and how sure they are.
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { type Interval, mcNemarTest, wilsonInterval } from '../report/proportions.js';
import { type SamplesOf, samplesIn } from '../session/samples.js';
import { toValues } from '../session/values.js';
import { toNumbers } from '../tensor/tensor.js';
import { type LabelledSample, sampleName } from '../train/evaluate.js';
import { missingLabel } from '../train/missing-label.js';
import { readingOf } from '../train/reading.js';
import { feedsFor, withExecutor } from './feeds.js';

export type LabelledSamples = SamplesOf<LabelledSample>;

/** One entry a sample. */
export interface Answers {
  readonly labels: readonly number[];
  readonly chosen: readonly number[];
  /** Probability of the class chosen. */
  readonly confidence: readonly number[];
}

/** A share with the interval of 95 % (Wilson) in which it lies. */
export interface Share extends Interval {
  readonly share: number;
}

export interface ClassChange {
  readonly label: number;
  readonly samples: number;
  /** Shares of right answers. */
  readonly original: number;
  readonly compressed: number;
}

export interface Flip {
  /** Class that the original chose, and the compressed model. */
  readonly from: number;
  readonly to: number;
  readonly samples: number;
  /** Of those, how many the original had right, and the compressed model. */
  readonly lost: number;
  readonly won: number;
}

export interface Confidence {
  /** Expected calibration error (Guo et al. 2017, arXiv:1706.04599, equation 3) over 15 bins of equal width. */
  readonly calibrationError: number;
  /** Mean probability of the class chosen; null without such answers. */
  readonly right: number | null;
  readonly wrong: number | null;
}

export interface AnswerReport {
  readonly samples: number;
  readonly original: Share;
  readonly compressed: Share;
  /** Samples that only one of them has right, and McNemar's exact test of whether that is chance. */
  readonly originalOnly: number;
  readonly compressedOnly: number;
  readonly p: number;
  /** Share of samples on which both choose the same class. */
  readonly agreement: Share;
  /** Those that lose most come first. */
  readonly classes: readonly ClassChange[];
  /** Most frequent first. */
  readonly flips: readonly Flip[];
  readonly confidence: { readonly original: Confidence; readonly compressed: Confidence };
}

/** Throws KPT_INPUT_MISSING for a sample without a label, KPT_CALIBRATION_EMPTY without samples. */
export async function answersOf(graph: Graph, samples: LabelledSamples): Promise<Answers> {
  const [labels, chosen, confidence]: number[][] = [[], [], []];
  const output = graph.outputs[0]!.name;
  const { answerOf, lossOf } = readingOf(graph);
  await withExecutor(graph, async (run) => {
    for await (const { name, feeds, label } of samplesIn<LabelledSample>(samples)) {
      if (label === undefined) missingLabel(sampleName(name, labels!.length), 'the evaluation');
      const values = toNumbers((await run(feedsFor(graph, toValues(feeds)))).get(output)!);
      const best = answerOf(values);
      labels!.push(label);
      chosen!.push(best);
      confidence!.push(values.length === 1 ? Math.exp(-lossOf(values, best)) : probabilityOf(values, best));
    }
  });
  if (labels!.length === 0)
    throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to evaluate on.');
  return { labels: labels!, chosen: chosen!, confidence: confidence! };
}

/** By softmax, unless the values are probabilities already. */
function probabilityOf(values: Float64Array, chosen: number): number {
  const sum = values.reduce((all, v) => all + v, 0);
  if (Math.abs(sum - 1) < 1e-2 && values.every((v) => v >= 0)) return values[chosen]! / sum;
  const most = values[chosen]!;
  return 1 / values.reduce((all, v) => all + Math.exp(v - most), 0);
}

const count = (length: number, is: (i: number) => boolean): number => {
  let found = 0;
  for (let i = 0; i < length; i++) if (is(i)) found++;
  return found;
};

export const shareOf = (successes: number, samples: number): Share => ({
  share: samples === 0 ? 0 : successes / samples,
  ...wilsonInterval(successes, samples),
});

export const isRight =
  ({ labels, chosen }: Answers) =>
  (i: number): boolean =>
    labels[i] === chosen[i];

export function compareAnswers(original: Answers, compressed: Answers): AnswerReport {
  const samples = original.labels.length;
  const [a, b] = [isRight(original), isRight(compressed)];
  const originalOnly = count(samples, (i) => a(i) && !b(i));
  const compressedOnly = count(samples, (i) => b(i) && !a(i));
  return {
    samples,
    original: shareOf(count(samples, a), samples),
    compressed: shareOf(count(samples, b), samples),
    originalOnly,
    compressedOnly,
    p: mcNemarTest({ firstOnly: originalOnly, secondOnly: compressedOnly }),
    agreement: shareOf(
      count(samples, (i) => original.chosen[i] === compressed.chosen[i]),
      samples,
    ),
    classes: classChanges(original, compressed),
    flips: flipsOf(original, compressed),
    confidence: { original: confidenceOf(original), compressed: confidenceOf(compressed) },
  };
}

function classChanges(original: Answers, compressed: Answers): readonly ClassChange[] {
  const { labels } = original;
  return [...new Set(labels)]
    .map((label) => {
      const own = (i: number): boolean => labels[i] === label;
      const samples = count(labels.length, own);
      const share = (answers: Answers): number =>
        count(labels.length, (i) => own(i) && isRight(answers)(i)) / samples;
      return { label, samples, original: share(original), compressed: share(compressed) };
    })
    .sort((x, y) => x.compressed - x.original - (y.compressed - y.original) || x.label - y.label);
}

function flipsOf(original: Answers, compressed: Answers): readonly Flip[] {
  const flips = new Map<string, { from: number; to: number; samples: number; lost: number; won: number }>();
  original.chosen.forEach((from, i) => {
    const to = compressed.chosen[i]!;
    if (from === to) return;
    const key = `${from} ${to}`;
    const flip = flips.get(key) ?? { from, to, samples: 0, lost: 0, won: 0 };
    flips.set(key, flip);
    flip.samples++;
    flip.lost += Number(isRight(original)(i));
    flip.won += Number(isRight(compressed)(i));
  });
  return [...flips.values()].sort((x, y) => y.samples - x.samples || x.from - y.from || x.to - y.to);
}

const calibrationBins = 15;

function confidenceOf(answers: Answers): Confidence {
  const { confidence } = answers;
  const right = isRight(answers);
  let calibrationError = 0;
  const bin = (i: number): number =>
    Math.min(calibrationBins - 1, Math.floor(confidence[i]! * calibrationBins));
  for (let b = 0; b < calibrationBins; b++) {
    let difference = 0;
    for (let i = 0; i < confidence.length; i++)
      if (bin(i) === b) difference += confidence[i]! - Number(right(i));
    calibrationError += Math.abs(difference) / confidence.length;
  }
  const mean = (of: (i: number) => boolean): number | null => {
    const chosen = confidence.filter((_, i) => of(i));
    return chosen.length === 0 ? null : chosen.reduce((sum, v) => sum + v, 0) / chosen.length;
  };
  return { calibrationError, right: mean(right), wrong: mean((i) => !right(i)) };
}
