// Datasets by a line of text, as on the command line: idx:<images>,<labels>  cifar:<file>  npy:<file>  npz:<file>
// images:<folder>  wav:<folder>
import { KompaktError, requireArgument } from '../errors.js';
import type { ValueInfo } from '../graph/graph.js';
import { cifar } from './cifar.js';
import type { Dataset } from './dataset.js';
import { type Feed, feedsOf } from './feeds.js';
import { labelledFiles } from './folder.js';
import { idx } from './idx.js';
import { images, pictureExtensions } from './images.js';
import { looksChannelsLast } from './layout.js';
import { npy } from './npy.js';
import { npz } from './npz.js';
import { type PreprocessOptions, parsePreprocess } from './preprocess.js';
import { soundExtensions, wav } from './wav.js';

type Size = readonly [number, number];

interface Source {
  readonly name: string;
  /** What stands behind the colon. */
  readonly path: string;
  /** Where samples and their labels come from, in words. */
  readonly samples: string;
  readonly labels: string;
  readonly open: (path: string, size: Size | undefined) => Dataset;
  readonly files: (path: string) => readonly string[] | Promise<readonly string[]>;
}

const oneFile = (path: string): readonly string[] => [path];
const twoFiles = (paths: string) => paths.split(',', 2) as [string, string?];
const filesIn = (extensions: readonly string[]) => async (folder: string) =>
  (await labelledFiles(folder, extensions)).map(({ path }) => path);

const fromFolders =
  "sub-folders, one a class but for hidden ones, counted from 0 in the order of their names, or by their names where all are numbers; without sub-folders the number that a file's name begins with, as in 7_cat.jpg";

/** Kinds of data. */
export const dataSources: readonly Source[] = [
  {
    name: 'idx',
    path: 'IMAGES[,LABELS]',
    samples: 'IDX files, as those of MNIST; also .gz',
    labels: 'a second file',
    open: (paths) => idx(...twoFiles(paths)),
    files: (paths) => twoFiles(paths) as string[],
  },
  {
    name: 'cifar',
    path: 'FILE',
    samples: 'CIFAR-10, binary version; also .gz',
    labels: 'the file',
    open: cifar,
    files: oneFile,
  },
  {
    name: 'npy',
    path: 'FILE',
    samples: 'a NumPy array; its first axis counts the samples',
    labels: 'none',
    open: npy,
    files: oneFile,
  },
  {
    name: 'npz',
    path: 'FILE',
    samples: 'NumPy arrays by the names of the inputs',
    labels: 'an array named label: one class index a sample',
    open: npz,
    files: oneFile,
  },
  {
    name: 'images',
    path: 'FOLDER',
    samples: 'JPEG and PNG pictures, turned as EXIF says; needs the package sharp',
    labels: fromFolders,
    open: images,
    files: filesIn(pictureExtensions),
  },
  {
    name: 'wav',
    path: 'FOLDER',
    samples: 'WAV files; they are cut, or silence is added, where the input has a fixed length',
    labels: 'as of images',
    open: wav,
    files: filesIn(soundExtensions),
  },
];

export interface DataOptions {
  /** Where the data is, e.g. 'idx:t10k-images,t10k-labels'. */
  readonly data: string;
  readonly preprocess?: PreprocessOptions | string;
  /** How many samples at most, drawn evenly over all, always the same. */
  readonly samples?: number;
}

/** The dataset behind a line of text. `size` is [height, width] for picture files. */
export function openDataset(text: string, size?: Size): Dataset {
  const { source, path } = sourceOf(text);
  return source.open(path, size);
}

/** The files that a line of text names. Throws KPT_FILE_NOT_FOUND for a folder that cannot be read. */
export async function dataFiles(text: string): Promise<readonly string[]> {
  const { source, path } = sourceOf(text);
  return source.files(path);
}

function sourceOf(text: string): { readonly source: Source; readonly path: string } {
  requireArgument(typeof text === 'string', "a line of text, as 'images:photos',", 'the data', text);
  const colon = text.indexOf(':');
  const source = dataSources.find(({ name }) => name === text.slice(0, colon));
  const path = text.slice(colon + 1);
  if (source !== undefined && path !== '') return { source, path };
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    `Expected ${dataSources.map(({ name, path }) => `${name}:${path}`).join(', ')} for the data but received '${text}'.`,
  );
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
  return feedsOf(samples === undefined ? dataset : dataset.draw(samples), inputs, preprocess);
}

/** Height and width of a picture input, when fixed. */
function inputSize(input: ValueInfo | undefined, layout: 'NCHW' | 'NHWC' | undefined): Size | undefined {
  const dims = input?.dims;
  if (dims?.length !== 4) return undefined;
  const last = layout === undefined ? looksChannelsLast(dims.slice(1)) : layout === 'NHWC';
  const [height, width] = last ? dims.slice(1, 3) : dims.slice(2, 4);
  return typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}
