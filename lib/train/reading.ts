// How what a model answers to a sample is read: as the class with the largest of several scores, or, where there is one, as yes or no.
import { expected, KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { argMax } from '../report/compare.js';
import { endsIn, endsInShare } from './ends-in.js';

export interface Reading {
  /** The class that the scores of a sample say. One score says class 1 above the middle: above 0.5 where it is a probability, which
   *  the graph shows by ending in a Sigmoid, and above 0 elsewhere. */
  answerOf(scores: ArrayLike<number>): number;
  /** -log p of the label. Several scores are taken for logits unless a Softmax makes them. */
  lossOf(scores: ArrayLike<number>, label: number): number;
}

/** Classes that so many scores tell apart. */
export const classesOf = (scores: number): number => (scores === 1 ? 2 : scores);

export function readingOf(graph: Graph): Reading {
  const isShare = endsInShare(graph);
  const middle = isShare ? 0.5 : 0;
  const ofOne = isShare ? ofShare : ofLogit;
  const ofSeveral = endsIn(graph, 'Softmax') ? ofProbabilities : ofLogits;
  return {
    answerOf: (scores) =>
      scores.length === 1 ? Number(scores[0]! > middle) : argMax(scores, 0, scores.length),
    lossOf: (scores, label) => (scores.length === 1 ? ofOne(scores[0]!, label) : ofSeveral(scores, label)),
  };
}

/** Throws KPT_DATA_MALFORMED for a label that is none of the classes: also for '1' and 1n, which look like one. `classes` is infinite
 *  where they are not known. */
export function requireLabel(label: number, classes: number, sample = 'a sample'): void {
  if (Number.isInteger(label) && label >= 0 && label < classes) return;
  const known = Number.isFinite(classes);
  throw new KompaktError(
    'KPT_DATA_MALFORMED',
    expected(
      known ? `an integer from 0 to ${classes - 1}` : 'an integer from 0 on',
      `the label of ${sample}${known ? `, as the model tells ${classes} classes apart,` : ''}`,
      label,
    ),
  );
}

/** Least probability that counts: one that rounding took to 0 shall not make the mean infinite. */
const least = 1e-12;

const ofShare = (share: number, label: number): number =>
  -Math.log(Math.max(least, label === 1 ? share : 1 - share));

const ofLogit = (logit: number, label: number): number =>
  Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - logit * label;

const ofProbabilities = (values: ArrayLike<number>, label: number): number =>
  -Math.log(Math.max(least, values[label]!));

function ofLogits(values: ArrayLike<number>, label: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i]!);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - top);
  return Math.log(sum) + top - values[label]!;
}
