// What the commands that train have in common: options, where the model comes from, progress, and what is printed.
import { rm, stat } from 'node:fs/promises';
import {
  augmentations,
  bytesText,
  type CompressedModel,
  counted,
  type FinetuneOptions,
  KompaktError,
  type Model,
  openSamples,
  type PreprocessOptions,
  schedules,
  type TrainingEvent,
  type TrainingReport,
  table,
} from '../index.js';
import type { Command, Invocation, OptionSpec, Options, Result } from './command.js';
import { compressionOf, sparsityTable } from './compression.js';
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
import { modelOf, presetOptions } from './preset.js';
import type { Progress } from './progress.js';

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
  { flags: '--batch <n>', description: 'samples in one step', parse: wholeNumber(1), default: 64 },
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
      'cross-entropy, mean-squared-error, binary-cross-entropy, kl-divergence, or JSON as in {"name":"cross-entropy","smoothing":0.1}',
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

/** Fine-tunes or distils, with everything that the shared options say. */
export const runTraining = (
  invocation: Invocation,
  run: (model: Model, shared: FinetuneOptions) => Promise<CompressedModel>,
): Promise<Result> =>
  trainAndSave(
    invocation,
    (model, shared) => {
      const averageWeights = invocation.options.number('average');
      const sharpness = invocation.options.number('sharpness');
      return run(model, {
        ...(averageWeights !== undefined && { averageWeights }),
        ...(sharpness !== undefined && { sharpness }),
        ...shared,
        ...compressionOf(invocation.options),
      });
    },
    (report) => ({
      text: [
        epochTable(report),
        ...report.notes,
        ...(report.sparsity === undefined ? [] : [sparsityTable(report.sparsity)]),
      ].join('\n\n'),
      steps: `${counted(report.steps, 'step')} on ${counted(report.samples, 'sample')}`,
    }),
  );

const checkpointBeside = (output: string): string => `${output}.checkpoint`;

/** Of the commands that train. */
export const writesCheckpoint: NonNullable<Command['alsoWrites']> = ({ options }) => {
  const output = options.text('output');
  return output === undefined || options.text('checkpoint') !== undefined
    ? []
    : [['The checkpoint', checkpointBeside(output)]];
};

/** Trains in some way, writes the model, and answers with what `describe` says of the report. */
export async function trainAndSave<Report>(
  { args, options, progress }: Invocation,
  run: (model: Model, shared: FinetuneOptions) => Promise<{ readonly model: Model; readonly report: Report }>,
  describe: (report: Report) => { readonly text: string; readonly steps: string },
): Promise<Result> {
  const source = args[0]!;
  const output = options.text('output');
  if (output === undefined)
    throw new KompaktError('KPT_USAGE', 'Option --output is required: it names the file to write.');
  if (options.text('data') === undefined)
    throw new KompaktError('KPT_USAGE', 'Option --data is required: it names the samples to train on.');
  const model = await modelOf(source, options);
  const checkpoint = options.text('checkpoint') ?? checkpointBeside(output);
  const { model: trained, report } = await run(model, {
    ...sharedOptions(options, model),
    checkpoint: { path: checkpoint, resume: options.flag('resume') },
    onEvent: showing(progress),
  });
  await trained.save(output);
  // Training in stages leaves a checkpoint a stage.
  for (const ending of ['', '.activations']) await rm(`${checkpoint}${ending}`, { force: true });
  const { size } = await stat(output);
  const { text, steps } = describe(report);
  return {
    document: { model: source, output, bytes: size, report },
    text: `${text}\n\n${output}: ${bytesText(size)}, ${steps}`,
  };
}

function sharedOptions(options: Options, model: Model): FinetuneOptions {
  const judged = options.text('eval');
  const preprocess = options.value<PreprocessOptions>('preprocess');
  const samples = options.number('samples');
  const open = (from: string, most: number | undefined) =>
    openSamples({ data: from, ...(preprocess && { preprocess }), ...(most && { samples: most }) }, model);
  /** Absent options stay absent: the library knows the defaults. */
  const given = Object.entries({
    learningRate: options.number('learningRate'),
    warmUp: options.number('warmUp'),
    clipNorm: options.number('clip'),
    augment: options.value('augment'),
    mixup: options.number('mixup'),
    batchNormBatches: options.number('batchNormBatches'),
    log: options.text('log'),
    curves: options.text('curves'),
    train: options.value('train'),
    evaluate: judged === undefined ? undefined : open(judged, undefined),
    earlyStopping: options.number('patience') && { patience: options.number('patience') },
  }).filter(([, value]) => value !== undefined);
  const penalties = ['l1', 'l2', 'groupLasso'].map((name) => [name, options.number(name) ?? 0] as const);
  const limits = [
    ['maxNorm', options.number('maxNorm')],
    ['limit', options.number('weightLimit')],
  ].filter(([, value]) => value !== undefined);
  return {
    data: open(options.text('data')!, samples),
    epochs: options.number('epochs')!,
    batch: options.number('batch')!,
    optimizer: options.value('optimizer') as FinetuneOptions['optimizer'],
    schedule: options.value('schedule') as FinetuneOptions['schedule'],
    loss: options.value('loss') as FinetuneOptions['loss'],
    regularize: Object.fromEntries([...penalties, ...limits]),
    seed: options.number('seed')!,
    threads: options.number('threads')!,
    ...Object.fromEntries(given),
    ...options.value<FinetuneOptions>('options'),
  };
}

/** Draws progress: share of the steps, time left, loss, and what the last epoch came to. */
function showing(progress: Progress): (event: TrainingEvent) => void {
  let judged = '';
  return (event) => {
    if (event.event === 'start') progress.start('training', event.steps);
    else if (event.event === 'epoch' && event.evaluation !== null)
      judged = `, ${(100 * event.evaluation).toFixed(2)} % right`;
    else if (event.event === 'step')
      progress.update(event.step, `epoch ${event.epoch}, loss ${event.loss.toPrecision(3)}${judged}`);
    else if (event.event === 'end') progress.stop();
  };
}

const percent = (value: number | null): string | null => (value === null ? null : (100 * value).toFixed(2));

export const epochTable = ({ epochs, kept, stoppedEarly }: TrainingReport): string =>
  table(
    [
      { title: 'epoch', align: 'right' },
      { title: 'loss', align: 'right' },
      { title: 'right in training %', align: 'right' },
      { title: 'in evaluation %', align: 'right' },
      { title: 'seconds', align: 'right' },
    ],
    epochs.map(({ epoch, loss, accuracy, evaluation, seconds }) => [
      stoppedEarly && epoch === kept ? `kept ${epoch}` : String(epoch),
      loss.toPrecision(4),
      percent(accuracy),
      percent(evaluation),
      seconds.toFixed(1),
    ]),
  );
