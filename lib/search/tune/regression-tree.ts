// A regression tree over [0,1]^d, as its leaves: boxes and the mean cost of the points in each (Breiman et al. 1984). Every split
// looks at a random part of the dimensions, as in a random forest (Breiman 2001).

export interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export type Tree = readonly (Box & { readonly value: number })[];

/** Points of which a leaf is not split further. */
const leafSize = 3;

export function regressionTree(
  points: readonly (readonly number[])[],
  costs: readonly number[],
  random: () => number,
): Tree {
  const dimensions = points[0]!.length;
  const leaves: (Box & { value: number })[] = [];
  const grow = (members: readonly number[], box: Box): void => {
    const split = members.length <= leafSize ? undefined : bestSplit(points, costs, members, random);
    if (split === undefined) {
      leaves.push({ ...box, value: members.reduce((sum, i) => sum + costs[i]!, 0) / members.length });
      return;
    }
    const { dimension, at } = split;
    const isLeft = (i: number): boolean => points[i]![dimension]! < at;
    grow(members.filter(isLeft), { low: box.low, high: box.high.with(dimension, at) });
    grow(
      members.filter((i) => !isLeft(i)),
      { low: box.low.with(dimension, at), high: box.high },
    );
  };
  const all = { low: new Array<number>(dimensions).fill(0), high: new Array<number>(dimensions).fill(1) };
  grow([...points.keys()], all);
  return leaves;
}

interface Split {
  readonly dimension: number;
  readonly at: number;
}

/** The split that leaves the least squared error; undefined where all points or all costs are alike. */
function bestSplit(
  points: readonly (readonly number[])[],
  costs: readonly number[],
  members: readonly number[],
  random: () => number,
): Split | undefined {
  const dimensions = points[0]!.length;
  let best: (Split & { readonly gain: number }) | undefined;
  const total = members.reduce((sum, i) => sum + costs[i]!, 0);
  for (const dimension of someOf(dimensions, random)) {
    const sorted = members.toSorted((a, b) => points[a]![dimension]! - points[b]![dimension]!);
    let left = 0;
    for (let i = 0; i + 1 < sorted.length; i++) {
      left += costs[sorted[i]!]!;
      const [here, next] = [points[sorted[i]!]![dimension]!, points[sorted[i + 1]!]![dimension]!];
      if (here === next) continue;
      // What the squared error shrinks by, up to a constant.
      const gain = left ** 2 / (i + 1) + (total - left) ** 2 / (sorted.length - i - 1);
      if (best === undefined || gain > best.gain) best = { dimension, at: (here + next) / 2, gain };
    }
  }
  const flat = total ** 2 / members.length;
  return best !== undefined && best.gain > flat * (1 + 1e-12) + 1e-300 ? best : undefined;
}

/** Five of six dimensions, at least one: what the paper's forests look at in each split. */
function someOf(dimensions: number, random: () => number): readonly number[] {
  const all = Array.from({ length: dimensions }, (_, d) => d);
  const count = Math.max(1, Math.ceil((5 * dimensions) / 6));
  for (let i = 0; i < count; i++) {
    const at = i + Math.floor(random() * (dimensions - i));
    [all[i], all[at]] = [all[at]!, all[i]!];
  }
  return all.slice(0, count);
}
