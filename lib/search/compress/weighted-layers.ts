// The layers of a model that have weights: how wide they are, and what became of each in a candidate.
import { weightOf } from '../../compress/prune/layers.js';
import { type Graph, type Node, opKey } from '../../graph/graph.js';
import { producersOf } from '../../graph/order.js';
import { ops } from '../../ops/index.js';
import { intAttr } from '../../ops/op.js';
import { storedBytes, type TensorValue, toNumbers } from '../../tensor/tensor.js';

export interface LayerFacts {
  readonly name: string;
  readonly op: string;
  /** Channels or features that it reads and writes, of one group. */
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  readonly weights: number;
}

/** What became of a layer. */
export interface LayerFate {
  readonly name: string;
  readonly op: string;
  /** bits: one bit a weight and activation; 'gone': merged with another layer, or removed. */
  readonly runs: 'bits' | 'int8' | 'float' | 'gone';
  /** Bits that the weights need: 32 for float32; null when it is gone. */
  readonly bits: number | null;
  readonly channelsBefore: number;
  readonly channelsAfter: number | null;
  /** Share of weights that are 0. */
  readonly zeros: number | null;
  readonly bytesBefore: number;
  readonly bytesAfter: number | null;
}

interface Found {
  readonly node: Node;
  readonly value: TensorValue;
}

/** Nodes with their weights, those of one bit included. */
function weightedNodes(graph: Graph): readonly Found[] {
  const producers = producersOf(graph.nodes);
  return graph.nodes.flatMap((node) => {
    const stored = weightOf(node, producers, graph);
    // The axes of weights in another form than the layer's say nothing of its channels.
    const constant = node.op.startsWith('Binary') ? node.inputs[1] : stored?.moved ? '' : stored?.constant;
    const value = graph.constants.get(constant ?? '');
    return value === undefined ? [] : [{ node, value }];
  });
}

/** Axis of the output channels in the weights; bits have them in front. */
function outputAxis(node: Node, { dims }: TensorValue): number {
  const rule = ops.get(opKey(node))?.quantize;
  return rule?.kind === 'weighted' ? rule.axis({ node, weightDims: dims }) : 0;
}

export function layersOf(graph: Graph): readonly LayerFacts[] {
  return weightedNodes(graph)
    .filter(({ value }) => value.dims.length >= 2)
    .map(({ node, value }) => {
      const axis = outputAxis(node, value);
      return {
        name: node.name,
        op: node.op,
        inputs: value.dims[axis === 0 ? 1 : 0]!,
        outputs: value.dims[axis]!,
        groups: intAttr(node, 'group', 1),
        weights: value.data.length,
      };
    });
}

/** Of every layer of `before`, what it is in `after`; layers keep their names. */
export function fatesOf(before: Graph, after: Graph): readonly LayerFate[] {
  const made = new Map(weightedNodes(after).map((found) => [found.node.name, found]));
  return weightedNodes(before).map(({ node, value }) => {
    const old = {
      name: node.name,
      op: node.op,
      channelsBefore: value.dims[outputAxis(node, value)]!,
      bytesBefore: storedBytes(value),
    };
    const now = made.get(node.name);
    if (now === undefined)
      return {
        ...old,
        runs: 'gone' as const,
        bits: null,
        channelsAfter: null,
        zeros: null,
        bytesAfter: null,
      };
    return { ...old, ...fateOf(now) };
  });
}

function fateOf({ node, value }: Found): Omit<LayerFate, 'name' | 'op' | 'channelsBefore' | 'bytesBefore'> {
  if (node.op.startsWith('Binary'))
    return { runs: 'bits', bits: 1, channelsAfter: value.dims[0]!, zeros: 0, bytesAfter: storedBytes(value) };
  const numbers = toNumbers(value);
  const float = value.dtype === 'float32';
  let [zeros, largest] = [0, 0];
  for (const v of numbers) {
    if (v === 0) zeros++;
    largest = Math.max(largest, Math.abs(v));
  }
  return {
    runs: float ? 'float' : 'int8',
    // Integers of n bits reach to 2^(n-1) - 1.
    bits: float ? 32 : Math.ceil(Math.log2(largest + 1)) + 1,
    channelsAfter: value.dims[outputAxis(node, value)]!,
    zeros: numbers.length === 0 ? 0 : zeros / numbers.length,
    bytesAfter: storedBytes(value),
  };
}
