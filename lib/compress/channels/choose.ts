// Which channels leave: those of least importance, until the target is reached. Channels leave in stages, and what is left is
// judged anew after each, because norms change with the channels that are summed over.
import { KompaktError } from '../../errors.js';
import { uniformNumbers } from '../../ops/shared/random-numbers.js';
import type { TensorValue } from '../../tensor/tensor.js';
import type { Coupling } from './coupling.js';
import type { Group, Grouping } from './groups.js';
import type { Importance, JudgedPart } from './importance.js';
import type { CompleteChannelOptions } from './options.js';
import { cut, stayingOf } from './shrink.js';
import type { Work } from './work.js';

const stages = 8;

export interface Candidates {
  readonly coupling: Coupling;
  readonly grouping: Grouping;
  readonly work: Work;
  readonly constants: ReadonlyMap<string, TensorValue>;
  /** Weight times gradient, summed over the slice at each index of an axis of a constant, batch by batch. */
  readonly effects: (constant: string, axis: number) => readonly Float64Array[] | undefined;
}

/** 1 for every channel that leaves. Throws KPT_OPTION_INVALID where the target cannot be reached. */
export function chooseChannels(
  candidates: Candidates,
  importance: Importance,
  options: CompleteChannelOptions,
): Uint8Array {
  const chooser = new Chooser(candidates, importance, options);
  return options.scope === 'global' ? chooser.global() : chooser.uniform();
}

/** Channels of a group that have not left, least important first, and their scores. */
interface Ranked {
  readonly group: Group;
  readonly order: number[];
  readonly scores: Float64Array;
}

class Chooser {
  readonly #gone: Uint8Array;
  readonly #random: () => number;
  /** What left together, in order. */
  readonly #steps: { readonly group: Group; readonly channels: readonly number[] }[] = [];
  readonly #before: number;
  readonly #channels: number;
  #left: number;

  constructor(
    readonly of: Candidates,
    readonly importance: Importance,
    readonly options: CompleteChannelOptions,
  ) {
    this.#gone = new Uint8Array(of.grouping.count);
    this.#random = uniformNumbers(options.seed);
    this.#before = of.work.macs;
    this.#channels = of.grouping.count;
    this.#left = this.#channels;
  }

  /** The group that has the least important channels loses them, again and again. */
  global(): Uint8Array {
    for (let stage = 1; stage <= stages; stage++) {
      const groups = this.#ranked();
      while (!this.#reached(stage / stages)) {
        const steps = groups.flatMap((ranked) => {
          const count = ranked.order.length - this.#nextSize(ranked);
          return count === 0 ? [] : [{ ranked, count, score: meanOf(ranked, count) }];
        });
        if (steps.length === 0) this.#unreachable();
        const { ranked, count } = steps.reduce((least, step) => (step.score < least.score ? step : least));
        if (this.#isNearer(count)) return this.#gone;
        this.#drop(ranked, count);
      }
    }
    this.#giveBack();
    return this.#gone;
  }

  /** Every group loses the same share, as far as rounding lets it. */
  uniform(): Uint8Array {
    const share = this.options.share ?? this.#uniformShare();
    for (let stage = 1; stage <= stages; stage++)
      for (const ranked of this.#ranked()) {
        const all = ranked.group.channels.length;
        const size = this.#nearestSize(ranked.group, all * (1 - (share * stage) / stages));
        this.#drop(ranked, Math.max(0, ranked.order.length - size));
      }
    return this.#gone;
  }

  /** The least share of every group with which the target is reached. */
  #uniformShare(): number {
    const steps = 1000;
    const { work, grouping } = this.of;
    const reached = (step: number): boolean => {
      const dropped = grouping.groups.flatMap((group) =>
        group.channels.slice(this.#nearestSize(group, group.channels.length * (1 - step / steps))),
      );
      for (const channel of dropped) work.drop(channel);
      const done = work.macs <= this.options.macs! * this.#before;
      for (const channel of dropped) work.restore(channel);
      return done;
    };
    let [low, high] = [0, steps];
    if (!reached(high)) this.#unreachable();
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (reached(middle)) high = middle;
      else low = middle;
    }
    return high / steps;
  }

  #ranked(): Ranked[] {
    const { comparable } = this.importance;
    const ranked = this.of.grouping.groups.flatMap((group): Ranked[] => {
      const parts = group.parts.flatMap((part) => this.#judged(part, group));
      const scores = this.importance.scores({ count: group.channels.length, parts, random: this.#random });
      if (scores === undefined) return [];
      const staying = [...scores.keys()].filter((place) => this.#gone[group.channels[place]!] === 0);
      const mean = staying.reduce((sum, place) => sum + scores[place]!, 0) / staying.length;
      const order = staying.sort((a, b) => scores[a]! - scores[b]!);
      return [
        { group, order, scores: comparable || mean === 0 ? scores : scores.map((score) => score / mean) },
      ];
    });
    if (ranked.length > 0) return ranked;
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Importance '${this.importance.name}' has nothing to judge by in this model: ${this.importance.summary}.`,
    );
  }

  /** A part with what is left on the other axes. */
  #judged(part: Group['parts'][number], group: Group): JudgedPart[] {
    const { coupling, grouping, constants, effects } = this.of;
    const input = part.node.inputs.indexOf(part.constant);
    const gone = (slot: number): boolean => this.#isGone(grouping.channelOf[slot]!);
    const cuts = coupling
      .axesOf(part.node, 'input', input)!
      .map((axis, i) => (i === part.axis ? undefined : stayingOf(axis, gone)));
    const value = cut(constants.get(part.constant)!, cuts);
    const places = part.places.map((place) =>
      place >= 0 && this.#isGone(group.channels[place]!) ? -1 : place,
    );
    const { dims } = value;
    const seen = effects(part.constant, part.axis);
    const judged = { role: part.role, dims, values: value.data as Float32Array, axis: part.axis, places };
    return [seen === undefined ? judged : { ...judged, effects: seen }];
  }

  #isGone(channel: number): boolean {
    return channel >= 0 && this.#gone[channel] === 1;
  }

  /** The next smaller number of channels that a group may have; the number it has where there is none. */
  #nextSize({ group, order }: Ranked): number {
    for (let size = order.length - 1; size >= 1; size--) if (this.#isLegal(group, size)) return size;
    return order.length;
  }

  #isLegal({ width }: Group, size: number): boolean {
    const { roundTo, floor } = this.options;
    return (size * width) % roundTo === 0 && size * width >= floor && size >= 1;
  }

  #nearestSize(group: Group, wanted: number): number {
    const all = group.channels.length;
    let best = all;
    for (let size = 1; size < all; size++)
      if (this.#isLegal(group, size) && Math.abs(size - wanted) < Math.abs(best - wanted)) best = size;
    return best;
  }

  #drop({ group, order }: Ranked, count: number): void {
    const channels = order.splice(0, count).map((place) => group.channels[place]!);
    for (const channel of channels) this.#remove(channel);
    this.#steps.push({ group, channels });
  }

  #remove(channel: number): void {
    this.#gone[channel] = 1;
    this.of.work.drop(channel);
    this.#left--;
  }

  #return(channel: number): void {
    this.#gone[channel] = 0;
    this.of.work.restore(channel);
    this.#left++;
  }

  /** The last step may have gone far beyond the target: what left late comes back where that leaves the target reached. */
  #giveBack(): void {
    const kept = new Set<Group>();
    for (const { group, channels } of this.#steps.toReversed()) {
      if (kept.has(group)) continue;
      for (const channel of channels) this.#return(channel);
      if (this.#reached(1)) continue;
      for (const channel of channels) this.#remove(channel);
      kept.add(group);
    }
  }

  /** Whether a part of the way to the target lies behind. */
  #reached(part: number): boolean {
    const { share, macs } = this.options;
    if (macs !== undefined) return this.of.work.macs <= this.#before * (1 - part * (1 - macs));
    return this.#left <= this.#channels * (1 - part * share!);
  }

  /** Whether the share that was asked for is nearer now than with `count` channels fewer; a target of work is a limit. */
  #isNearer(count: number): boolean {
    if (this.options.share === undefined || this.#left === this.#channels) return false;
    const over = this.#left - this.#channels * (1 - this.options.share);
    return over < count - over;
  }

  #unreachable(): never {
    const { work } = this.of;
    const least = ((100 * work.macs) / this.#before).toFixed(1);
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Options channels ask for more than can leave: with all that may, ${this.#left} of ${this.#channels} channels and ${least} % of the multiply-accumulates stay (see roundTo, floor and layers).`,
    );
  }
}

const meanOf = ({ order, scores }: Ranked, count: number): number =>
  order.slice(0, count).reduce((sum, place) => sum + scores[place]!, 0) / count;
