// What structured pruning made of each layer, and what it left whole and why.
import { type Graph, type Node, opKey } from '../../graph/graph.js';
import { ops } from '../../ops/index.js';
import type { Coupling } from './coupling.js';
import type { GraphFacts } from './facts.js';
import type { Grouping } from './groups.js';
import { costOf } from './work.js';

export interface LayerChannels {
  readonly name: string;
  readonly op: string;
  readonly channelsBefore: number;
  readonly channelsAfter: number;
  readonly macsBefore: number;
  readonly macsAfter: number;
  /** Of its weights and bias. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Why none of its channels could leave; null where they could. */
  readonly whole: string | null;
}

/** Channels that leave together: those of these layers. */
export interface ChannelGroup {
  readonly layers: readonly string[];
  readonly before: number;
  readonly after: number;
}

export interface ChannelsReport {
  readonly importance: string;
  readonly scope: 'global' | 'uniform';
  readonly layers: readonly LayerChannels[];
  readonly groups: readonly ChannelGroup[];
  /** Multiply-accumulates of one run, for inputs of the shapes that the model declares. */
  readonly macsBefore: number;
  readonly macsAfter: number;
}

/** One side of the comparison. */
interface Side {
  readonly graph: Graph;
  readonly facts: GraphFacts;
}

export function reportChannels(
  before: Side,
  after: Side,
  coupling: Coupling,
  { groups, channelOf }: Grouping,
  gone: Uint8Array,
): Omit<ChannelsReport, 'importance' | 'scope'> {
  const smaller = new Map(after.graph.nodes.map((node) => [node.name, node]));
  const layers = before.graph.nodes.flatMap((node): LayerChannels[] => {
    const made = channelsOf(node, before);
    if (made === undefined) return [];
    const own = smaller.get(node.name)!;
    const [costBefore, costAfter] = [
      costOf(before.graph, node, before.facts),
      costOf(after.graph, own, after.facts),
    ];
    return [
      {
        name: node.name,
        op: node.op,
        channelsBefore: made,
        channelsAfter: channelsOf(own, after)!,
        macsBefore: costBefore.macs,
        macsAfter: costAfter.macs,
        bytesBefore: costBefore.weightBytes,
        bytesAfter: costAfter.weightBytes,
        whole: whyWhole(node, coupling, channelOf),
      },
    ];
  });
  return {
    layers,
    groups: groups.map(({ layers, channels }) => ({
      layers,
      before: channels.length,
      after: channels.filter((channel) => gone[channel] === 0).length,
    })),
    macsBefore: macsOf(before),
    macsAfter: macsOf(after),
  };
}

const macsOf = ({ graph, facts }: Side): number =>
  graph.nodes.reduce((sum, node) => sum + costOf(graph, node, facts).macs, 0);

/** Output channels of a layer with constant weights; of a transposed convolution those of one group. */
function channelsOf(node: Node, { graph }: Side): number | undefined {
  const rule = ops.get(opKey(node))?.quantize;
  const weight = rule?.kind === 'weighted' ? graph.constants.get(node.inputs[rule.weight] ?? '') : undefined;
  if (rule?.kind !== 'weighted' || weight === undefined) return undefined;
  return weight.dims[rule.axis({ node, weightDims: weight.dims })];
}

/** Why no channel of a layer may leave; null where one may. */
export function whyWhole(
  node: Node,
  { parts, slots, reasons }: Coupling,
  channelOf: Int32Array,
): string | null {
  const made = parts.filter((part) => part.node === node && part.role === 'makes');
  const all = made.flatMap(({ base, size }) => Array.from({ length: size }, (_, i) => base + i));
  if (all.some((slot) => channelOf[slot]! >= 0)) return null;
  const reason = all.map((slot) => slots.reasonOf(slot)).find((at) => at !== undefined);
  return reason === undefined ? 'its channels are not those of its output' : reasons[reason]!;
}
