// Whether a loss has gone up instead of down. A number that is finite may be as far from an answer as NaN.
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';

/** Losses below count as this much: from almost nothing, what is pruned or rounded while it learns may well come to more. */
const least = 0.1;
/** Times the first loss. Right answers cost nothing, guesses a few; weights that have run away cost millions. */
const [suspicious, beyondDoubt] = [10, 1e6];

/** How many times as large a loss has become. */
export const timesWorse = (began: number, ended: number): number => ended / Math.max(began, least);

/** `began`: loss of the first step; `ended`: mean over the epoch that is kept. What is to be said of it, or nothing. Throws
 *  KPT_TRAINING_DIVERGED when nothing can have been learnt. */
export function judgeCourse(began: number, ended: number): readonly string[] {
  const times = timesWorse(began, ended);
  if (times < suspicious) return [];
  const facts = `The loss began at ${began.toPrecision(3)} and is ${ended.toPrecision(3)}`;
  if (times >= beyondDoubt) throw new KompaktError('KPT_TRAINING_DIVERGED', `${facts}.`, { began, ended });
  return [`${facts} at the end: the model got worse. Lower the learning rate, warm up, or clip gradients.`];
}

/** Throws KPT_TRAINING_DIVERGED where something trained is no number: the last update of all, behind which no loss is computed, may
 *  have made it so. */
export function requireNumbers({ constants }: Graph, trained: readonly string[]): void {
  for (const name of trained) {
    const wrong = (constants.get(name)!.data as Float32Array).find((v) => !Number.isFinite(v));
    if (wrong !== undefined)
      throw new KompaktError('KPT_TRAINING_DIVERGED', `'${name}' has ${wrong} after the last step.`, {
        name,
      });
  }
}
