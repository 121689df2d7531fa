// Samples for users: what a line of text names, as Tensors that a session takes.
import type { Tensor } from 'onnxruntime-common';
import { requireArgument } from '../errors.js';
import type { Model } from '../model/model.js';
import { requireModel } from '../model/require-model.js';
import { toTensor } from '../session/feeds.js';
import type { Feed } from './feeds.js';
import { type DataOptions, openFeeds } from './source.js';

export interface ModelSample {
  /** File and index, for messages. */
  readonly name: string;
  readonly label?: number;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

export interface ModelSamples extends AsyncIterable<ModelSample> {
  /** At most so many of them, drawn evenly. */
  draw(most: number): AsyncIterable<ModelSample>;
}

/** Samples that fit the inputs of a model; iterate again to start over. */
export function openSamples(options: DataOptions, model: Model): ModelSamples {
  const right = typeof options === 'object' && options !== null;
  requireArgument(right, "options with data, as { data: 'images:photos' },", 'openSamples', options);
  requireModel(model, 'the model of openSamples');
  const opened = (most: number | undefined): AsyncIterable<ModelSample> => {
    const samples = openFeeds(
      { ...options, ...(most !== undefined && { samples: most }) },
      model.graph.inputs,
    );
    return { [Symbol.asyncIterator]: () => asTensors(samples) };
  };
  const { samples: given } = options;
  return { ...opened(given), draw: (most) => opened(Math.min(most, given ?? most)) };
}

async function* asTensors(samples: AsyncIterable<Feed>): AsyncGenerator<ModelSample> {
  for await (const { name, label, feeds } of samples) {
    const tensors = Object.entries(feeds).map(([input, value]) => [input, toTensor(value)]);
    yield { name, ...(label !== undefined && { label }), feeds: Object.fromEntries(tensors) };
  }
}
