// What a search found, for programs and people: all trials, the one chosen and why, what was skipped and why, and what became of
// each layer.
import type { Model } from '../../model/model.js';
import { excessOf, type Objective, paretoFront } from './choose.js';
import { type Line, overText } from './lines.js';
import { samplesToTell } from './noise.js';
import type { RecipeFile } from './recipe.js';
import type { Search, Skipped } from './search.js';
import { type Candidate, isCandidate, type Trial } from './trial.js';
import { fatesOf, type LayerFate } from './weighted-layers.js';

export interface CompressReport {
  /** The lines of the budget in words. */
  readonly budget: readonly string[];
  readonly objective: Objective;
  /** What counts as right: the labels of the samples, or what the original answers. */
  readonly judgedBy: 'labels' | 'agreement';
  /** Samples that calibration and training saw, and samples that judged. */
  readonly lessons: number;
  readonly judged: number;
  /** Whether the samples that judged were held out of the others. */
  readonly heldOut: boolean;
  /** The original is number 0. */
  readonly trials: readonly Trial[];
  /** Numbers of the trials that no other is better than in accuracy, speed and size together. */
  readonly pareto: readonly number[];
  readonly chosen: {
    readonly number: number;
    readonly keeps: boolean;
    readonly why: string;
  };
  readonly skipped: readonly Skipped[];
  /** What became of each layer in the model chosen. */
  readonly layers: readonly LayerFate[];
  /** What a reader of the tables must not overlook. */
  readonly notes: readonly string[];
  /** Makes the chosen model again: see applyRecipe. */
  readonly recipe: RecipeFile;
}

export interface Outcome {
  readonly search: Pick<Search, 'trials' | 'skipped'>;
  readonly chosen: Candidate;
  readonly objective: Objective;
  readonly lines: readonly Line[];
  readonly made: { readonly model: string; readonly data: string };
  readonly sets: {
    readonly lessons: number;
    readonly judgedFacts: { readonly samples: number };
    readonly heldOut: unknown;
    readonly judgedBy: CompressReport['judgedBy'];
  };
  readonly original: Model;
  readonly result: Model;
  readonly first: boolean;
}

export function reportOf(outcome: Outcome): CompressReport {
  const { search, chosen, objective, lines, made, sets, original, result } = outcome;
  return {
    budget: lines.map(({ text }) => text),
    objective,
    judgedBy: sets.judgedBy,
    lessons: sets.lessons,
    judged: sets.judgedFacts.samples,
    heldOut: sets.heldOut !== null,
    trials: search.trials,
    pareto: paretoFront(search.trials.filter(isCandidate)).map(({ number }) => number),
    chosen: { number: chosen.number, keeps: chosen.keeps, why: whyChosen(outcome) },
    skipped: search.skipped,
    layers: fatesOf(original.graph, result.graph),
    notes: notesOf(outcome),
    recipe: { ...chosen.recipe, made: { ...made, sha256: chosen.sha256! } },
  };
}

const most: Readonly<Record<Objective, string>> = {
  latency: 'fastest',
  bytes: 'smallest',
  accuracy: 'most accurate',
};

function whyChosen({ search, chosen, objective, first }: Outcome): string {
  const keeping = search.trials.filter(({ keeps }) => keeps).length;
  if (!chosen.keeps) {
    const [worst] = [...chosen.breaches].sort((a, b) => b.excess - a.excess);
    return `no trial keeps the budget; it is the nearest, ${overText(excessOf(chosen))} over its worst line (${worst!.text})`;
  }
  if (first) return 'the first that keeps the budget';
  if (keeping === 1) return 'the only one that keeps the budget';
  return `the ${most[objective]} of ${keeping} that keep the budget${objective === 'latency' ? '; of those less than 3 % apart the most accurate' : ''}`;
}

function notesOf({ search, chosen, lines, sets, original }: Outcome): readonly string[] {
  const notes: string[] = [];
  const { accuracy, latency, bytes } = chosen.measures;
  const before = search.trials[0]!.measures!.bytes.file;
  if (sets.judgedBy === 'agreement')
    notes.push('The samples have no labels: accuracy is how often a model answers as the original does.');
  if (original.fileBytes === null)
    notes.push(
      'The original is no single file as it is: its bytes are those of the file that kompakt writes of it.',
    );
  if (chosen.number === 0) notes.push('The original itself is the best that was found.');
  notes.push(...failureOf(search.trials));
  if (latency.speedUp < 1)
    notes.push(
      `The chosen model is slower than the original: ${(1 / latency.speedUp).toFixed(2)} times its time.`,
    );
  if (bytes.file > before)
    notes.push(
      `The chosen model is larger than the original: ${(bytes.file / before).toFixed(2)} times its bytes.`,
    );
  notes.push(...noiseOf(chosen, lines));
  if (!accuracy.significant && accuracy.drop !== 0)
    notes.push(
      `${Math.abs(accuracy.drop).toFixed(2)} points ${accuracy.drop > 0 ? 'less' : 'more'} on ${accuracy.samples} samples are within the noise (McNemar p = ${accuracy.p.toFixed(2)}).`,
    );
  const judged = search.trials.filter((trial) => trial.number > 0 && trial.measures !== null).length;
  if (judged > 1)
    notes.push(
      `The best of ${judged} candidates judged by the same samples looks a little better than it is; samples of its own tell its true accuracy.`,
    );
  return notes;
}

/** Whether the samples are enough to tell the largest drop allowed from none. */
function noiseOf({ measures: { accuracy } }: Candidate, lines: readonly Line[]): readonly string[] {
  if (!lines.some(({ name }) => name === 'maxDrop')) return [];
  const allowed = lines.find(({ name }) => name === 'maxDrop')!.limit / 100;
  if (allowed === 0) return [];
  const disagreement = (accuracy.originalOnly + accuracy.candidateOnly) / accuracy.samples;
  const needed = samplesToTell(allowed, disagreement);
  if (needed <= accuracy.samples) return [];
  return [
    `A drop of ${(100 * allowed).toFixed(2)} points is hard to tell from none on ${accuracy.samples} samples: the two models differ on ${(100 * disagreement).toFixed(2)} % of them, so that it takes about ${needed}.`,
  ];
}

/** Where nothing but the original could be made, that is why: samples that do not fit the model fail in every trial alike. */
function failureOf(trials: readonly Trial[]): readonly string[] {
  const [first] = trials.slice(1);
  if (first === undefined || trials.slice(1).some(({ failure }) => failure === null)) return [];
  return [
    `Nothing but the original could be made; trial ${first.number}, ${first.what}, because: ${first.failure!.message}`,
  ];
}

/** Of a search in which nothing keeps the budget: how far off the best was, and what blocks. */
export function unmetMessage({ trials, chosen, budget }: CompressReport): string {
  const failures = failureOf(trials);
  if (failures.length > 0)
    return `None of ${trials.length} candidates keeps the budget (${budget.join(', ')}). ${failures[0]}`;
  const nearest = trials[chosen.number]!;
  const blocking = nearest.breaches.map(({ text, excess }) => `${text} (${overText(excess)} over)`);
  return `None of ${trials.length} candidates keeps the budget (${budget.join(', ')}). The nearest is trial ${nearest.number}, ${nearest.what}; it breaks: ${blocking.join('; ')}.`;
}
