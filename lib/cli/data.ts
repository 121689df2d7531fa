// From --data, --preprocess, --samples to feeds of a session.
import { createDataset, type InferenceSession, KompaktError, type Tensor } from '../index.js';
import type { Options } from './command.js';

export interface Sample {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly label?: number;
}

/** The samples that --data names, at most --samples of them. Throws KPT_USAGE when --data is absent. */
export function samplesOf(options: Options, session: InferenceSession): AsyncIterable<Sample> {
  const source = options.text('data');
  if (source === undefined)
    throw new KompaktError('KPT_USAGE', 'Option --data is required: it names the samples to use.');
  return createDataset(source, {
    inputs: session.inputMetadata.flatMap((input) => (input.isTensor ? [input] : [])),
    preprocess: options.value('preprocess'),
    samples: options.number('samples'),
  });
}

/** The feeds alone, for calibration and comparison. */
export async function* feedsOf(options: Options, session: InferenceSession): AsyncIterable<Sample['feeds']> {
  for await (const { feeds } of samplesOf(options, session)) yield feeds;
}
