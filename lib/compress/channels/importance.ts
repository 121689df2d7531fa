// The contract of an importance: one published way to say which channels a model needs least, in a file of its own.
import type { Role } from './coupling.js';

/** A parameter along which the channels of a group lie, without what has left already. */
export interface JudgedPart {
  readonly role: Role;
  readonly dims: readonly number[];
  readonly values: Float32Array;
  readonly axis: number;
  /** For each index of the axis the place of its channel in the group, or -1. */
  readonly places: Int32Array;
  /** For each batch of samples the sum of weight times gradient at each index of the axis; there for importances that need it. */
  readonly effects?: readonly Float64Array[];
}

export interface JudgedGroup {
  readonly count: number;
  readonly parts: readonly JudgedPart[];
  /** Uniform in [0, 1), from the seed. */
  readonly random: () => number;
}

export interface Importance {
  readonly name: string;
  readonly summary: string;
  /** Paper and section, and what differs here. */
  readonly source: string;
  /** True when it looks at gradients over labelled samples. */
  readonly needsData?: true;
  /** True when scores of different layers can be compared as they are; others are taken relative to the mean of their group. */
  readonly comparable?: true;
  /** How much the model needs each channel of the group; undefined where the group has nothing to judge by. */
  readonly scores: (group: JudgedGroup) => Float64Array | undefined;
}

/** Elements of the slice at each index of an axis, visited in order. */
export function forSlices(
  { dims, values, axis }: Pick<JudgedPart, 'dims' | 'values' | 'axis'>,
  visit: (index: number, value: number) => void,
): void {
  const size = dims[axis]!;
  let inner = 1;
  for (const d of dims.slice(axis + 1)) inner *= d;
  for (let i = 0; i < values.length; i++) visit(Math.floor(i / inner) % size, values[i]!);
}

/** Scores of channels from scores of indices: the mean over what a channel has of each part, every part brought to mean 1
 *  first, so that layers with many or large weights count as much as others; then the mean over parts. */
export function meanOverParts(
  { count, parts }: JudgedGroup,
  roles: readonly Role[],
  ofPart: (part: JudgedPart) => Float64Array,
): Float64Array | undefined {
  const judged = parts.filter(({ role }) => roles.includes(role));
  if (judged.length === 0) return undefined;
  const scores = new Float64Array(count);
  for (const part of judged) {
    const own = new Float64Array(count);
    const of = ofPart(part);
    part.places.forEach((place, i) => {
      if (place >= 0) own[place]! += of[i]!;
    });
    const mean = own.reduce((sum, v) => sum + v, 0) / count;
    for (let c = 0; c < count; c++) scores[c]! += (mean === 0 ? 1 : own[c]! / mean) / judged.length;
  }
  return scores;
}
