// What calibration watches of the values that meet the weights of layers: their means, to correct biases by, and their Gram
// matrices, to round weights by.
import type { Executor, Watcher } from '../../calibrate/collect.js';
import type { Graph } from '../../graph/graph.js';
import { opOf } from '../../ops/index.js';
import type { Dims } from '../../tensor/shape.js';
import { ChannelMeans } from './bias-correction.js';
import { Gram } from './gram.js';
import type { Layer } from './selection.js';

/** Watches the inputs of layers whose biases can be corrected; fills `means` by name of the layer. */
export function meanWatchers(
  graph: Graph,
  layers: readonly Layer[],
  means: Map<string, ChannelMeans>,
): [string, ChannelMeans][] {
  // Layers that read a value along the same axis share its means.
  const watchers = new Map<string, [string, ChannelMeans]>();
  for (const { node, weight, biasAdd, activations } of layers) {
    const rule = opOf(node).quantize;
    if (weight === null || (weight.bias === null && biasAdd === null) || rule.kind !== 'weighted') continue;
    const weightDims = graph.constants.get(node.inputs[weight.input])!.dims;
    const value = node.inputs[activations[0]];
    const key = `${weightDims.length === 2} ${value}`;
    // A transposed convolution has no rows.
    const axisOf = (x: Dims): number => rule.rows({ node, x, weightDims })?.channelAxis ?? 1;
    const watcher = watchers.get(key) ?? [value, new ChannelMeans(axisOf)];
    watchers.set(key, watcher);
    means.set(node.name, watcher[1]);
  }
  return [...watchers.values()];
}

/** Watches what meets the weights of layers; fills `grams` by name of the weights. */
export function gramWatchers(
  graph: Graph,
  layers: readonly Layer[],
  grams: Map<string, Gram>,
  samples: number,
  multiply: Executor,
): [string, Watcher][] {
  return layers.flatMap(({ node, weight, activations }): [string, Watcher][] => {
    const rule = opOf(node).quantize;
    if (weight === null || rule.kind !== 'weighted') return [];
    const name = node.inputs[weight.input];
    const weightDims = graph.constants.get(name)!.dims;
    const see = async (values: Float32Array, x: Dims): Promise<void> => {
      const rows = rule.rows({ node, x, weightDims });
      if (rows === null) return;
      const gram = grams.get(name) ?? new Gram(rows.groups, rows.depth, samples, multiply);
      grams.set(name, gram);
      // Another layer may use the same weights in other groups: the first use counts.
      if (gram.fits(rows)) await gram.see(values, rows);
    };
    return [[node.inputs[activations[0]], { see }]];
  });
}
