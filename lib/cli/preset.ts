// Where a model to train comes from: a file, or a network with fresh weights.
import { buildNetwork, isKompaktError, KompaktError, Model, networks } from '../index.js';
import type { OptionSpec, Options } from './command.js';
import { positiveNumber, wholeNumber, wholeNumbers } from './option-types.js';

const preset = 'preset:';

/** For the argument that names the model. */
export const modelDescription = `ONNX file, or ${preset}NAME for a network with fresh weights: ${networks
  .map(({ name }) => name)
  .join(', ')}`;

export const presetOptions: readonly OptionSpec[] = [
  {
    flags: '--width <factor>',
    description: `${preset} multiplies the numbers of channels`,
    parse: positiveNumber,
  },
  { flags: '--classes <n>', description: `${preset} classes to tell apart`, parse: wholeNumber(1) },
  {
    flags: '--input <dims>',
    description: `${preset} channels, height and width, as in 3,32,32`,
    parse: wholeNumbers(3),
  },
];

/** The model of a file, or a fresh network. */
export async function modelOf(source: string, options: Options): Promise<Model> {
  const width = options.number('width');
  const classes = options.number('classes');
  const input = options.value<readonly [number, number, number]>('input');
  if (!source.startsWith(preset)) {
    const vain = Object.entries({ width, classes, input }).find(([, value]) => value !== undefined);
    if (vain === undefined) return Model.load(source);
    throw new KompaktError(
      'KPT_USAGE',
      `--${vain[0]} is for ${preset}NAME only: the network in '${source}' is what it is.`,
    );
  }
  try {
    return buildNetwork(source.slice(preset.length), {
      seed: options.number('seed')!,
      ...(width !== undefined && { width }),
      ...(classes !== undefined && { classes }),
      ...(input && { input }),
    });
  } catch (error) {
    // All that it takes is what the command line says, under the same names.
    if (isKompaktError(error) && error.code === 'KPT_OPTION_INVALID')
      throw new KompaktError('KPT_USAGE', error.message, {}, error);
    throw error;
  }
}
