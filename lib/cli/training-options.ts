// Options that the commands that train share.
import { augmentations, schedules } from '../index.js';
import type { OptionSpec } from './command.js';
import {
  dataOptions,
  jsonFile,
  jsonObject,
  jsonOrFile,
  nameOrJson,
  positiveNumber,
  shareNumber,
  sourceOption,
  threadCount,
  wholeNumber,
} from './option-types.js';
import { presetOptions } from './preset.js';

export const trainingOptions: readonly OptionSpec[] = [
  { flags: '-o, --output <file>', description: 'file to write', writes: 'file' },
  ...dataOptions,
  {
    flags: '--eval <source>',
    description: 'labelled samples to judge the model on after each epoch, as --data',
    ...sourceOption,
  },
  {
    flags: '--epochs <n>',
    description: 'times that all samples are seen',
    parse: wholeNumber(1),
    default: 10,
  },
  {
    flags: '--batch <n>',
    description: 'samples in one step (default: 64, or all where there are fewer)',
    parse: wholeNumber(1),
  },
  {
    flags: '--optimizer <name>',
    description: 'sgd, adam, adamw, rmsprop, or JSON as in {"name":"sgd","momentum":0.9,"nesterov":true}',
    parse: nameOrJson,
    default: 'sgd',
  },
  {
    flags: '--learning-rate <rate>',
    description: 'default: 0.05 for sgd, 0.001 for others; a tenth of that for quantised models',
    parse: positiveNumber,
  },
  {
    flags: '--schedule <name>',
    description: `of the learning rate: ${schedules.map(({ name }) => name).join(', ')}, or JSON as in {"name":"step","milestones":[0.5]}`,
    parse: nameOrJson,
    default: 'cosine',
  },
  {
    flags: '--warm-up <share>',
    description: 'share of the run in which the learning rate rises',
    parse: positiveNumber,
  },
  {
    flags: '--loss <name>',
    description:
      'cross-entropy, mean-squared-error, binary-cross-entropy, kl-divergence, or JSON as in {"name":"cross-entropy","smoothing":0.1,"classWeights":[1,5]}',
    parse: nameOrJson,
    default: 'cross-entropy',
  },
  { flags: '--l1 <weight>', description: 'penalty on absolute weights', parse: positiveNumber },
  { flags: '--l2 <weight>', description: 'penalty on squared weights: weight decay', parse: positiveNumber },
  {
    flags: '--group-lasso <weight>',
    description: 'penalty on the norms of output channels',
    parse: positiveNumber,
  },
  {
    flags: '--max-norm <norm>',
    description: 'largest norm of the weights that lead to one output',
    parse: positiveNumber,
  },
  { flags: '--weight-limit <size>', description: 'largest magnitude of a weight', parse: positiveNumber },
  { flags: '--clip <norm>', description: 'largest norm of all gradients together', parse: positiveNumber },
  {
    flags: '--augment <json>',
    description: `random changes of the samples, as in {"shift":2,"flip":0.5}: ${augmentations.map(({ name }) => name).join(', ')}`,
    parse: jsonObject,
  },
  {
    flags: '--mixup <alpha>',
    description: 'mix each sample and its label with another one, by shares of Beta(alpha, alpha), as in 0.2',
    parse: positiveNumber,
  },
  {
    flags: '--train <regexp>',
    description: 'train only parameters whose names match; once per pattern',
    repeat: true,
  },
  {
    flags: '--patience <n>',
    description: 'end when --eval has not bettered for n epochs; keep the best',
    parse: wholeNumber(1),
  },
  {
    flags: '--batch-norm-batches <n>',
    description: 'take the statistics of BatchNormalization anew over n batches at the end',
    parse: wholeNumber(1),
  },
  {
    flags: '--seed <n>',
    description: 'decides order, augmentation and fresh weights',
    parse: wholeNumber(0),
    default: 0,
  },
  { flags: '--threads <n>', description: 'threads; 0: the usable CPUs', parse: threadCount(0), default: 0 },
  { flags: '--resume', description: 'continue from the checkpoint when there is one' },
  {
    flags: '--checkpoint <file>',
    description: 'default: the output with .checkpoint; removed once the output is written',
    writes: 'file',
  },
  { flags: '--log <file>', description: 'append every event as a line of JSON', writes: 'file' },
  { flags: '--curves <file>', description: 'write the curves as an HTML page', writes: 'file' },
  {
    flags: '--options <json>',
    description:
      'options of the library, JSON or a file with it, as kompakt tune finds them: they count more than others given here',
    parse: jsonOrFile,
    reads: jsonFile,
  },
  ...presetOptions,
];

/** Of the ways to train whose weights are real numbers. */
export const realOptions: readonly OptionSpec[] = [
  {
    flags: '--average <decay>',
    description:
      'write moving averages of the weights with this decay, as in 0.999, in place of the last ones',
    parse: shareNumber,
  },
  {
    flags: '--sharpness <rho>',
    description:
      'train for flat minima (SAM): by gradients where the loss is highest within this distance of the weights, as in 0.05; a step takes twice as long',
    parse: positiveNumber,
  },
  {
    flags: '--careful',
    description:
      'for networks that know something already: hold a tenth of the samples out, keep the best epoch by them or the model before training, and lower a learning rate that undoes what it knows',
  },
];

/** The same options with other defaults, by flags. */
export const withDefaults = (
  options: readonly OptionSpec[],
  defaults: Readonly<Record<string, string | number>>,
): readonly OptionSpec[] =>
  options.map((option) => ({
    ...option,
    ...(option.flags in defaults && { default: defaults[option.flags]! }),
  }));
