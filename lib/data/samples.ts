// Samples for users: what a line of text names, as Tensors that a session takes.
import type { Tensor } from 'onnxruntime-common';
import type { Model } from '../model/model.js';
import { toTensor } from '../session/feeds.js';
import { type DataOptions, openFeeds } from './source.js';

export interface ModelSample {
  /** File and index, for messages. */
  readonly name: string;
  readonly label?: number;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** Samples that fit the inputs of a model; iterate again to start over. */
export function openSamples(options: DataOptions, model: Model): AsyncIterable<ModelSample> {
  const samples = openFeeds(options, model.graph.inputs);
  return {
    async *[Symbol.asyncIterator]() {
      for await (const { name, label, feeds } of samples) {
        const tensors = Object.entries(feeds).map(([input, value]) => [input, toTensor(value)]);
        yield { name, ...(label !== undefined && { label }), feeds: Object.fromEntries(tensors) };
      }
    },
  };
}
