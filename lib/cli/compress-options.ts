// Options of compress, and which of them say nothing beside others.
import { strategies } from '../index.js';
import { flagOf, type OptionRule, type OptionSpec } from './command.js';
import { needsThat, vainWith } from './option-rules.js';
import {
  commaList,
  dataOptions,
  itsFile,
  oneOf,
  positiveNumber,
  sourceOption,
  threadCount,
  wholeNumber,
} from './option-types.js';

const methods = strategies.map(({ name }) => name);

/** Of a search. */
const searchOptions: readonly OptionSpec[] = [
  {
    flags: '--eval <source>',
    description:
      'samples to judge by, as --data; without it a fifth of --data is held out; without labels accuracy is agreement with the original',
    ...sourceOption,
  },
  {
    flags: '--max-drop <points>',
    description: 'budget: largest loss of accuracy, in points of percent',
    parse: notNegative,
  },
  { flags: '--min-accuracy <percent>', description: 'budget: least accuracy', parse: notNegative },
  {
    flags: '--max-latency <ms>',
    description: 'budget: most milliseconds of one run on this device (p50)',
    parse: positiveNumber,
  },
  {
    flags: '--speed-up <factor>',
    description: 'budget: at least this many times as fast as the original on this device',
    parse: positiveNumber,
  },
  { flags: '--max-bytes <n>', description: 'budget: most bytes of the file', parse: positiveNumber },
  {
    flags: '--ratio <factor>',
    description: 'budget: a file at least this many times smaller than the original',
    parse: positiveNumber,
  },
  {
    flags: '--max-deflated-bytes <n>',
    description: 'budget: most bytes of the file compressed with deflate',
    parse: positiveNumber,
  },
  {
    flags: '--objective <name>',
    description:
      'what is best within the budget: latency (default), bytes, or accuracy (default where the budget does not limit it)',
    parse: oneOf('latency', 'bytes', 'accuracy'),
  },
  {
    flags: '--methods <list>',
    description: `what may be tried, comma-separated; all by default: ${strategies
      .map(({ name, summary }) => `${name}: ${summary}`)
      .join('; ')}`,
    parse: methodList,
  },
  { flags: '--first', description: 'take the first candidate that keeps the budget' },
  { flags: '--nearest', description: 'take the nearest candidate when none keeps the budget' },
  {
    flags: '--minutes <n>',
    description: 'time that the search may take; it ends earlier when nothing more is promising',
    parse: positiveNumber,
  },
  {
    flags: '--epochs <n>',
    description:
      'times that all samples are seen in one training (default: as many as make 500 steps, 3 to 40)',
    parse: wholeNumber(1),
  },
  {
    flags: '--batch <n>',
    description: 'samples in one step of training',
    parse: wholeNumber(1),
    default: 64,
  },
  {
    flags: '--calibration-samples <n>',
    description: 'samples that calibrate',
    parse: wholeNumber(1),
    default: 300,
  },
  {
    flags: '--latency-threads <n>',
    description: 'threads of one run when latency is measured',
    parse: threadCount(1),
    default: 1,
  },
  {
    flags: '--latency-seconds <n>',
    description: 'timed seconds per model',
    parse: positiveNumber,
    default: 1,
  },
  {
    flags: '--journal <file>',
    description: 'keep finished trials in this file and go on from it; models lie in FILE.models',
    writes: 'file',
  },
  {
    flags: '--seed <n>',
    description: 'decides what is held out, and all training',
    parse: wholeNumber(0),
    default: 0,
  },
  { flags: '--report <file>', description: 'write all that was found as an HTML page', writes: 'file' },
];

/** All but the output. */
export const compressOptions: readonly OptionSpec[] = [
  ...dataOptions,
  ...searchOptions,
  {
    flags: '--threads <n>',
    description: 'threads of training and judging; 0: the usable CPUs',
    parse: threadCount(0),
    default: 0,
  },
  {
    flags: '--recipe <file>',
    description: 'no search: apply this recipe of an earlier one',
    reads: itsFile,
  },
];

const learning = strategies.filter(({ trains }) => trains).map(({ name }) => name);

export const compressRules: readonly OptionRule[] = [
  vainWith(
    searchOptions.map(({ flags }) => flagOf(flags)),
    '--recipe: there is no search, and the recipe says how the model is made',
    ({ has }) => has('--recipe'),
  ),
  needsThat(
    ['--epochs', '--batch'],
    `one of ${learning.join(', ')} among --methods: the others do not train`,
    ({ options }) =>
      options.value<readonly string[]>('methods')?.some((name) => learning.includes(name)) ?? true,
  ),
];

function notNegative(text: string, flag: string): number {
  return text.trim() === '0' ? 0 : positiveNumber(text, flag);
}

function methodList(text: string, flag: string): readonly string[] {
  return commaList(text).map((name) => oneOf(...methods)(name, flag));
}
