// From --data, --preprocess and --samples to samples that fit a model.
import {
  dataSources,
  KompaktError,
  type Model,
  type ModelSample,
  openSamples,
  type PreprocessOptions,
} from '../index.js';
import type { Options } from './command.js';

/** The samples that --data names, at most `most` of them. Throws KPT_USAGE when --data is absent. */
export function samplesOf(
  options: Options,
  model: Model,
  most = options.number('samples'),
): AsyncIterable<ModelSample> {
  const data = options.text('data');
  if (data === undefined)
    throw new KompaktError(
      'KPT_USAGE',
      `Option --data is required: it names the samples to use, like those that the device will see, as ${dataSources.map(({ name, path }) => `${name}:${path}`).join(', ')}.`,
    );
  const preprocess = options.value<PreprocessOptions>('preprocess');
  return openSamples({ data, ...(preprocess && { preprocess }), ...(most && { samples: most }) }, model);
}
