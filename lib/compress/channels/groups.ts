// Channels that may leave, in groups: those of one group lie on the same axes, so that any of them may go in place of another.
import type { Coupling, Part } from './coupling.js';

/** Channels that are judged against each other. */
export interface Group {
  /** Numbers of its channels in the whole model. */
  readonly channels: readonly number[];
  /** Layers that make them. */
  readonly layers: readonly string[];
  /** How many indices each channel has on the axis of the first layer. */
  readonly width: number;
  readonly parts: readonly GroupPart[];
}

export interface GroupPart extends Part {
  /** For each index of the axis the place of its channel in `channels`, or -1. */
  readonly places: Int32Array;
}

export interface Grouping {
  readonly groups: readonly Group[];
  /** Channel of each slot, or -1 where it stays. */
  readonly channelOf: Int32Array;
  readonly count: number;
}

export function groupChannels({ slots, axes, parts }: Coupling): Grouping {
  const channelOf = new Int32Array(slots.size).fill(-1);
  const numbers = new Map<number, number>();
  for (let slot = 0; slot < slots.size; slot++) {
    if (!slots.mayLeave(slot)) continue;
    const root = slots.root(slot);
    if (!numbers.has(root)) numbers.set(root, numbers.size);
    channelOf[slot] = numbers.get(root)!;
  }
  const count = numbers.size;
  const places: number[][] = Array.from({ length: count }, () => []);
  for (const [at, { base, size }] of axes.entries())
    for (let slot = base; slot < base + size; slot++)
      if (channelOf[slot]! >= 0) places[channelOf[slot]!]!.push(at);
  const alike = new Map<string, number[]>();
  for (const [channel, at] of places.entries()) {
    const key = at.join();
    const group = alike.get(key);
    if (group === undefined) alike.set(key, [channel]);
    else group.push(channel);
  }
  const groupOf = new Int32Array(count);
  const placeOf = new Int32Array(count);
  [...alike.values()].forEach((channels, g) => {
    channels.forEach((channel, place) => {
      groupOf[channel] = g;
      placeOf[channel] = place;
    });
  });
  const partsOf: GroupPart[][] = [...alike].map(() => []);
  for (const part of parts) {
    const byGroup = new Map<number, Int32Array>();
    for (let i = 0; i < part.size; i++) {
      const channel = channelOf[part.base + i]!;
      if (channel < 0) continue;
      const g = groupOf[channel]!;
      let own = byGroup.get(g);
      if (own === undefined) {
        own = new Int32Array(part.size).fill(-1);
        byGroup.set(g, own);
      }
      own[i] = placeOf[channel]!;
    }
    for (const [g, own] of byGroup) partsOf[g]!.push({ ...part, places: own });
  }
  const groups = [...alike.values()].map((channels, g): Group => {
    const makers = partsOf[g]!.filter(({ role }) => role === 'makes');
    const width = makers[0]?.places.filter((place) => place === 0).length ?? 1;
    return { channels, layers: [...new Set(makers.map(({ node }) => node.name))], width, parts: partsOf[g]! };
  });
  return { groups, channelOf, count };
}
