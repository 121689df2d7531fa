// The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio & Kegl 2011, NIPS 24, section 4): the values of good trials and
// those of the others are each a density, parameter by parameter, and what is proposed is the candidate of the first where it is
// largest beside the second. With rungs, trials are compared at the largest budget at which enough are known (BOHB: Falkner,
// Klein & Hutter 2018, arXiv:1807.01774, section 4.1; the densities there are over all parameters together).
import { normalNumbers } from '../../../ops/shared/random-numbers.js';
import { type Parameter, placeOf, type Values, valueAt, valuesAt } from '../space.js';
import { Mixture } from './mixture.js';
import type { Observation, Proposer } from './proposer.js';

/** Candidates of which the best is proposed. The paper's 100 look for more than so few trials know: with 12 the search found
 *  more on the functions of its test, and choices are best drawn once. */
const candidates = 12;

export const tpe: Proposer = {
  name: 'tpe',
  summary: 'where good trials are dense and others are not',
  propose(space, seen, random) {
    const known = comparable(seen, space.length + 3);
    if (known === undefined) return valuesAt(space, random);
    const count = goodCount(known.length);
    const [good, others] = [known.slice(0, count), known.slice(count)];
    const normal = normalNumbers(random);
    return valuesAt(space, (parameter) => proposed(parameter, good, others, random, normal));
  },
};

/** The better fifth, the gamma of the paper. */
const goodCount = (known: number): number => Math.max(2, Math.ceil(0.2 * known));

/** What is known at the largest budget that enough trials came to, the best first; undefined where there is none. */
function comparable(seen: readonly Observation[], enough: number): readonly Values[] | undefined {
  const budgets = [...new Set(seen.flatMap(({ costs }) => [...costs.keys()]))].toSorted((a, b) => b - a);
  for (const budget of budgets) {
    const known = seen.filter(({ costs }) => costs.has(budget));
    if (known.length >= enough)
      return known
        .toSorted((a, b) => compare(a.costs.get(budget)!, b.costs.get(budget)!))
        .map(({ values }) => values);
  }
  return undefined;
}

/** Infinite costs are equal: their difference would be NaN. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);

function proposed(
  parameter: Parameter,
  good: readonly Values[],
  others: readonly Values[],
  random: () => number,
  normal: () => number,
): number {
  /** Trials in which a parameter played no part say nothing of it. */
  const placesOf = (trials: readonly Values[]): readonly number[] =>
    trials
      .filter((values) => parameter.path in values)
      .map((values) => placeOf(parameter, values[parameter.path]!));
  const choices = parameter.kind === 'choice' ? parameter.choices.length : undefined;
  const near = new Mixture(placesOf(good), choices);
  if (choices !== undefined) return near.draw(random, normal);
  const far = new Mixture(placesOf(others), choices);
  let best = { place: 0.5, gain: Number.NEGATIVE_INFINITY };
  for (let i = 0; i < candidates; i++) {
    // Of a value that is rounded to steps the place that it really has.
    const place = placeOf(parameter, valueAt(parameter, near.draw(random, normal)));
    const gain = Math.log(near.density(place)) - Math.log(far.density(place));
    if (gain > best.gain) best = { place, gain };
  }
  return best.place;
}
