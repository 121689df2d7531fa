// Datasets by a line of text, as on the command line: idx:<images>,<labels>  cifar:<file>  npy:<file>  npz:<file>
// images:<folder>  wav:<folder>
import { KompaktError } from '../errors.js';
import type { ValueInfo } from '../graph/graph.js';
import { cifar } from './cifar.js';
import { type Dataset, take } from './dataset.js';
import { type Feed, feedsOf } from './feeds.js';
import { idx } from './idx.js';
import { images } from './images.js';
import { npy } from './npy.js';
import { npz } from './npz.js';
import { type PreprocessOptions, parsePreprocess } from './preprocess.js';
import { wav } from './wav.js';

type Size = readonly [number, number];

const sources: Readonly<Record<string, (path: string, size: Size | undefined) => Dataset>> = {
  idx: (paths) => {
    const [pictures, labels] = paths.split(',') as [string, string?];
    return idx(pictures, labels);
  },
  cifar,
  npy,
  npz,
  images,
  wav,
};

export interface DataOptions {
  /** Where the data is, e.g. 'idx:t10k-images,t10k-labels'. */
  readonly data: string;
  readonly preprocess?: PreprocessOptions | string;
  /** How many samples at most, from the start. */
  readonly samples?: number;
}

/** The dataset behind a line of text. `size` is [height, width] for picture files. */
export function openDataset(source: string, size?: Size): Dataset {
  const colon = source.indexOf(':');
  const open =
    colon > 0 && Object.hasOwn(sources, source.slice(0, colon)) ? sources[source.slice(0, colon)] : undefined;
  const path = source.slice(colon + 1);
  if (open === undefined || path === '')
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Expected ${Object.keys(sources)
        .map((kind) => `${kind}:PATH`)
        .join(', ')} for the data but received '${source}'.`,
    );
  return open(path, size);
}

/** Feeds for a model from data options; pictures are stretched to the input's own size unless `size` is given. */
export function openFeeds(options: DataOptions, inputs: readonly ValueInfo[]): AsyncIterable<Feed> {
  const preprocess = parsePreprocess(options.preprocess);
  const { samples } = options;
  if (samples !== undefined && !(Number.isInteger(samples) && samples > 0))
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Expected a positive whole number of samples but received ${samples}.`,
    );
  const dataset = openDataset(options.data, preprocess.size ?? inputSize(inputs[0], preprocess.layout));
  return feedsOf(samples === undefined ? dataset : take(dataset, samples), inputs, preprocess);
}

/** Height and width of a picture input, when fixed. */
function inputSize(input: ValueInfo | undefined, layout: 'NCHW' | 'NHWC' | undefined): Size | undefined {
  const dims = input?.dims;
  if (dims?.length !== 4) return undefined;
  const channels = [1, 3];
  const last =
    layout === undefined
      ? !channels.includes(dims[1] as number) && channels.includes(dims[3] as number)
      : layout === 'NHWC';
  const [height, width] = last ? dims.slice(1, 3) : dims.slice(2, 4);
  return typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}
