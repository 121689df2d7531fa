// How much each parameter matters: the share of the variance of the cost that it explains by itself, in the whole space, as a
// forest of regression trees sees it (functional ANOVA: Hutter, Hoos & Leyton-Brown 2014, ICML 32, section 3). A parameter of
// which the forest makes no more than of shuffled costs is said not to matter.
import { randomFor } from '../../train/seeds.js';
import { type Box, regressionTree, type Tree } from './regression-tree.js';
import { placeOf, type Space } from './space.js';
import type { Trial } from './trial.js';

export interface Importance {
  readonly path: string;
  /** Of the variance, 0 to 1. The rest belongs to other parameters and to several together. */
  readonly share: number;
  /** Whether that is more than nine of ten shuffles of the costs would show. */
  readonly matters: boolean;
}

/** Fewer trials say nothing. */
const leastTrials = 8;
const trees = 24;
const shuffles = 20;
/** Share of the shuffles that a parameter must exceed. */
const confidence = 0.9;

/** By importance, the largest first; null when too few trials came to the same budget. Trial 0, whose values are unknown, is
 *  left out, as are failed ones. A parameter that played no part in a trial is in the middle of its range there. */
export function importanceOf(
  space: Space,
  trials: readonly Trial[],
  seed: number,
): readonly Importance[] | null {
  const known = trials.filter(({ number, failure }) => number > 0 && failure === undefined);
  const budgets = [...new Set(known.flatMap(({ costs }) => [...costs.keys()]))];
  const at = (budget: number) => known.filter(({ costs }) => costs.has(budget));
  const budget = budgets.toSorted((a, b) => b - a).find((one) => at(one).length >= leastTrials);
  if (budget === undefined) return null;
  const points = at(budget).map(({ values }) =>
    space.map((parameter) => {
      const value = values[parameter.path];
      return value === undefined ? 0.5 : placeOf(parameter, value);
    }),
  );
  const costs = at(budget).map((trial) => trial.costs.get(budget)!);
  const random = randomFor(seed, 'importance');
  const shares = sharesOf(points, costs, random);
  const chance = Array.from({ length: shuffles }, () => sharesOf(points, shuffled(costs, random), random));
  return space
    .map(({ path }, i) => {
      const below = chance.filter((one) => one[i]! < shares[i]!).length;
      return { path, share: shares[i]!, matters: below >= confidence * shuffles };
    })
    .toSorted((a, b) => b.share - a.share);
}

/** The mean over trees of bootstrap samples; trees that see no variance say nothing. */
function sharesOf(
  points: readonly (readonly number[])[],
  costs: readonly number[],
  random: () => number,
): readonly number[] {
  const dimensions = points[0]!.length;
  const sums = new Array<number>(dimensions).fill(0);
  let counted = 0;
  for (let t = 0; t < trees; t++) {
    const chosen = points.map(() => Math.floor(random() * points.length));
    const tree = regressionTree(
      chosen.map((i) => points[i]!),
      chosen.map((i) => costs[i]!),
      random,
    );
    const mean = average(tree, (leaf) => leaf.value);
    const variance = average(tree, (leaf) => (leaf.value - mean) ** 2);
    if (variance < 1e-18) continue;
    counted++;
    for (let d = 0; d < dimensions; d++) sums[d]! += marginalVariance(tree, d, mean) / variance;
  }
  return sums.map((sum) => (counted === 0 ? 0 : sum / counted));
}

/** Over the whole space: leaves are boxes, and count by their volume. */
const average = (tree: Tree, of: (leaf: Box & { readonly value: number }) => number): number =>
  tree.reduce((sum, leaf) => sum + volume(leaf) * of(leaf), 0);

const volume = ({ low, high }: Box, without = -1): number =>
  low.reduce((product, from, d) => (d === without ? product : product * (high[d]! - from)), 1);

/** Variance of the mean over all other parameters, as a function of one (equations 3 to 5). It is constant between the
 *  borders of leaves. */
function marginalVariance(tree: Tree, dimension: number, mean: number): number {
  const borders = [...new Set(tree.flatMap(({ low, high }) => [low[dimension]!, high[dimension]!]))].toSorted(
    (a, b) => a - b,
  );
  const index = new Map(borders.map((border, i) => [border, i]));
  // What each leaf adds to the mean, from where it begins to where it ends.
  const changes = new Float64Array(borders.length);
  for (const leaf of tree) {
    const part = volume(leaf, dimension) * leaf.value;
    changes[index.get(leaf.low[dimension]!)!]! += part;
    changes[index.get(leaf.high[dimension]!)!]! -= part;
  }
  let [variance, marginal] = [0, 0];
  for (let i = 0; i + 1 < borders.length; i++) {
    marginal += changes[i]!;
    variance += (borders[i + 1]! - borders[i]!) * (marginal - mean) ** 2;
  }
  return variance;
}

function shuffled(list: readonly number[], random: () => number): readonly number[] {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const at = Math.floor(random() * (i + 1));
    [result[i], result[at]] = [result[at]!, result[i]!];
  }
  return result;
}
