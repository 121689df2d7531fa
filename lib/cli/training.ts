// What the commands that train have in common: where the model comes from, progress, and what is printed.
import { rm, stat } from 'node:fs/promises';
import {
  bytesText,
  type CompressedModel,
  counted,
  type FinetuneOptions,
  KompaktError,
  type Model,
  openSamples,
  type PreprocessOptions,
  type TrainingEvent,
  type TrainingReport,
  table,
} from '../index.js';
import type { Asked, Command, Invocation, Options, Result } from './command.js';
import { compressionOf, sparsityTable } from './compression.js';
import { modelOf } from './preset.js';
import type { Progress } from './progress.js';

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
        ...(invocation.options.flag('careful') && { careful: true }),
        ...compressionOf(invocation.options),
        ...shared,
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

/** Whether teachers have this say: all of it, or none; --options may name another. */
export const weightIs =
  (weight: 0 | 1) =>
  ({ has, options }: Asked): boolean =>
    options.number('softWeight') === weight && !has('--options');

const checkpointBeside = (output: string): string => `${output}.checkpoint`;

/** Of the commands that train. */
export const writesCheckpoint: NonNullable<Command['alsoWrites']> = ({ options }) => {
  const output = options.text('output');
  return output === undefined || options.text('checkpoint') !== undefined
    ? []
    : [['The checkpoint', checkpointBeside(output)]];
};

/** Trains in some way, writes the model, and answers with what `describe` says of the report. What `run` adds to the shared options
 *  stands before them: they end with those of --options, which count more. */
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
    batch: options.number('batch'),
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

export const epochTable = ({ epochs, kept, stoppedEarly, careful }: TrainingReport): string =>
  table(
    [
      { title: 'epoch', align: 'right' },
      { title: 'loss', align: 'right' },
      { title: 'right in training %', align: 'right' },
      { title: 'in evaluation %', align: 'right' },
      { title: 'seconds', align: 'right' },
    ],
    epochs.map(({ epoch, loss, accuracy, evaluation, seconds }) => [
      (stoppedEarly || careful !== undefined) && epoch === kept ? `kept ${epoch}` : String(epoch),
      loss.toPrecision(4),
      percent(accuracy),
      percent(evaluation),
      seconds.toFixed(1),
    ]),
  );
