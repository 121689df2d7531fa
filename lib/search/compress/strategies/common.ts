// What strategies ask in common: whether accuracy is what lacks, whether a form is too large or slow whatever its accuracy, and
// the steps that most recipes are made of.
import { overText, type Resource } from '../lines.js';
import type { Step, StepOptions } from '../recipe.js';
import type { Candidate } from '../trial.js';
import type { Findings, StrategySettings } from './strategy.js';

export type OptionsOf<M extends Step['method']> = Omit<
  Extract<StepOptions, { readonly method: M }>,
  'method'
>;

/** Post-training quantisation on the calibration samples of the search. */
export const quantizeStep = (
  { calibrationSamples }: StrategySettings,
  options: OptionsOf<'quantize'> = {},
): StepOptions => ({ method: 'quantize', samples: calibrationSamples, ...options });

/** Training taught by the original, in the form that `options` say: careful, for no rate suits all models, and what training would spoil is
 *  to be judged as it was before. Few bits do not bear soft targets of a high temperature. */
export const distillStep = (
  { epochs, batch, seed, labelled }: StrategySettings,
  options: OptionsOf<'distill'>,
): StepOptions => ({
  method: 'distill',
  epochs,
  batch,
  seed,
  optimizer: 'adam',
  learningRate: 0.0003,
  temperature: 1,
  softWeight: labelled ? 0.5 : 1,
  careful: {},
  ...options,
});

/** The quantize step that a candidate was made by; undefined when there is none. */
export const quantizeStepOf = ({
  recipe,
}: Candidate): Extract<Step, { readonly method: 'quantize' }> | undefined =>
  recipe.steps.find((step) => step.method === 'quantize');

/** Whether a candidate should be more accurate: it breaks a line, or accuracy is the objective. */
export const accuracyMatters = ({ excess, objective }: Findings, candidate: Candidate): boolean =>
  objective === 'accuracy' || excess(candidate, 'accuracy') > 0;

/** Excess that a variant of the same size might make up for: times differ by as much from one measurement to the next. */
const slack: Readonly<Record<Exclude<Resource, 'accuracy'>, number>> = {
  bytes: 0.01,
  deflated: 0.05,
  latency: 0.1,
};

const words: Readonly<Record<keyof typeof slack, string>> = {
  bytes: 'too large',
  deflated: 'too large when compressed',
  latency: 'too slow',
};

/** By how much a candidate is too large or too slow, in words, when that is more than variants of it differ by. */
export function outgrown({ excess }: Findings, candidate: Candidate): string | undefined {
  for (const resource of ['bytes', 'deflated', 'latency'] as const) {
    const over = excess(candidate, resource);
    if (over > slack[resource]) return `trial ${candidate.number} is ${overText(over)} ${words[resource]}`;
  }
  return undefined;
}

/** Candidates that some strategies made, but for the original. */
export const madeBy = ({ candidates }: Findings, ...strategies: readonly string[]): readonly Candidate[] =>
  candidates.filter(({ strategy }) => strategies.includes(strategy));

/** Whether nothing is left to better: a line is kept by some of these candidates, and accuracy is not the objective. */
export const accuracyKept = (
  { excess, objective }: Findings,
  candidates: readonly Candidate[],
): Candidate | undefined =>
  objective === 'accuracy' ? undefined : candidates.find((one) => excess(one, 'accuracy') <= 0);

/** Of an estimate of what fits, the part that is tried first. */
export const spare = 0.95;

/** INT8 to begin with for what only makes files smaller: the compressed one, or that as it is too. undefined, with the reason told,
 *  where that does not help. */
export function smallerStart(
  findings: Findings,
  what: string,
  resources: readonly ('bytes' | 'deflated')[],
): Candidate | undefined {
  const { limits, excess, skip } = findings;
  const compressed = !resources.includes('bytes');
  if (!resources.some((resource) => limits.has(resource))) {
    const files = compressed ? 'a compressed file' : 'files';
    skip(what, `they make only ${files} smaller, and the budget has no line for it`);
    return undefined;
  }
  const [start] = madeBy(findings, 'int8');
  if (start === undefined) {
    skip(what, 'no INT8 model was made to begin with');
    return undefined;
  }
  if (resources.every((resource) => excess(start, resource) === 0)) {
    skip(what, `trial ${start.number} is small enough${compressed ? ' when compressed' : ''}`);
    return undefined;
  }
  const slow =
    excess(start, 'latency') > slack.latency
      ? 'slow'
      : compressed && excess(start, 'bytes') > slack.bytes
        ? 'large'
        : null;
  if (slow !== null) {
    skip(what, `trial ${start.number} is too ${slow}, and they do not change that`);
    return undefined;
  }
  return start;
}

/** Share of its accuracy that a model may lose before training and still get back. */
const recoverable = 0.5;

/** Why a form is hopeless that lost more than this share of the accuracy of the original without training; undefined when it is
 *  not. */
export function collapsed({ number, measures }: Candidate, share = recoverable): string | undefined {
  const { drop } = measures.accuracy;
  const before = 100 * measures.accuracy.share + drop;
  return drop > share * before
    ? `trial ${number} lost ${drop.toFixed(2)} of ${before.toFixed(2)} points without it: too far to come back`
    : undefined;
}
