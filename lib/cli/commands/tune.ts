// kompakt tune: finds options of a method by trials and writes the model that the best of them make.
import { stat } from 'node:fs/promises';
import {
  bytesText,
  KompaktError,
  Model,
  openSamples,
  type PreprocessOptions,
  proposers,
  rungPlans,
  type SpaceInput,
  type TuneEvent,
  type TuneOptions,
  tune,
} from '../../index.js';
import type { Command, Options } from '../command.js';
import { interruptible } from '../interruption.js';
import { vainWith } from '../option-rules.js';
import {
  dataOptions,
  itsFile,
  jsonFile,
  jsonOrFile,
  oneOf,
  positiveNumber,
  shareNumber,
  sourceOption,
  threadCount,
  wholeNumber,
} from '../option-types.js';
import { modelDescription, modelOf, presetOptions } from '../preset.js';
import type { Progress } from '../progress.js';
import { describeTuning } from '../tuning.js';

const described = (list: readonly { readonly name: string; readonly summary: string }[]): string =>
  list.map(({ name, summary }) => `${name}: ${summary}`).join('; ');

export const tuneCommand: Command = {
  name: 'tune',
  summary: 'find good options of a method by trials, and make the model with them',
  arguments: [{ name: 'model', description: modelDescription, reads: itsFile }],
  options: [
    { flags: '-o, --output <file>', description: 'file to write', writes: 'file' },
    {
      flags: '--method <name>',
      description: 'whose options are tuned: finetune, distill, binarize or quantize',
      parse: oneOf('finetune', 'distill', 'binarize', 'quantize'),
      default: 'finetune',
    },
    ...dataOptions,
    {
      flags: '--validate <source>',
      description: 'labelled samples to judge trials by, as --data; default: some of --data, held out',
      ...sourceOption,
    },
    {
      flags: '--holdout <share>',
      description: 'share of --data that is held out to judge trials by, the same of each class',
      parse: shareNumber,
      default: 0.1,
    },
    {
      flags: '--eval <source>',
      description: 'test samples, as --data: judged once, at the end, with the best options and the defaults',
      ...sourceOption,
    },
    {
      flags: '--space <json>',
      description:
        'what is tried, JSON or a file with it, as in {"learningRate":{"min":1e-4,"max":0.1,"scale":"log"},"batch":[32,64]}; default: what is usual for the method',
      parse: jsonOrFile,
      reads: jsonFile,
    },
    {
      flags: '--options <json>',
      description: 'options of the method that stay the same, JSON or a file with it',
      parse: jsonOrFile,
      reads: jsonFile,
    },
    {
      flags: '--teacher <file>',
      description: "distill and binarize: ONNX file, or 'self' for the model as it is; once per teacher",
      repeat: true,
      reads: itsFile,
    },
    {
      flags: '--trials <n>',
      description: 'trials in all; the first has the defaults',
      parse: wholeNumber(1),
      default: 24,
    },
    {
      flags: '--epochs <n>',
      description: 'epochs of a trial that is not given up, and of the model (default: 8)',
      parse: wholeNumber(1),
    },
    {
      flags: '--calibration-samples <n>',
      description: 'quantize: the same in samples (default: 300)',
      parse: wholeNumber(1),
    },
    {
      flags: '--algorithm <name>',
      description: `how trials are proposed: ${described(proposers)}`,
      parse: oneOf(...proposers.map(({ name }) => name)),
    },
    {
      flags: '--rungs <name>',
      description: `when trials are given up: ${described(rungPlans)}`,
      parse: oneOf(...rungPlans.map(({ name }) => name)),
    },
    {
      flags: '--eta <n>',
      description: 'one trial in so many goes on after a rung (default: 3)',
      parse: wholeNumber(2),
    },
    {
      flags: '--least <n>',
      description: 'epochs, or samples, after which a trial may be given up (default: 1, or 16 samples)',
      parse: wholeNumber(1),
    },
    {
      flags: '--objective <name>',
      description: 'accuracy or loss, on the samples that trials are judged by',
      parse: oneOf('accuracy', 'loss'),
      default: 'accuracy',
    },
    { flags: '--minutes <n>', description: 'end the search after this time', parse: positiveNumber },
    {
      flags: '--journal <file>',
      description: 'keep what trials came to; the same command continues where it ended',
      writes: 'file',
    },
    {
      flags: '--report <file>',
      description: 'write the trials and a panel for each parameter as an HTML page',
      writes: 'file',
    },
    { flags: '--seed <n>', description: 'decides everything', parse: wholeNumber(0), default: 0 },
    { flags: '--threads <n>', description: 'threads; 0: the usable CPUs', parse: threadCount(0), default: 0 },
    ...presetOptions,
  ],
  rules: [
    vainWith(['--holdout'], '--validate'),
    vainWith(['--eta', '--least'], '--rungs none', ({ options }) => options.text('rungs') === 'none'),
  ],
  examples: [
    [
      `kompakt tune preset:lenet-300-100 --data idx:train-images,train-labels --eval idx:t10k-images,t10k-labels --preprocess '{"scale":0.0039216}' --trials 24 --epochs 8 -o best.onnx`,
      'learning rate, batch and the like of a network from scratch',
    ],
    [
      `kompakt tune net.onnx --data images:photos --space '{"learningRate":{"min":1e-5,"max":1e-2,"scale":"log"},"augment.shift":{"min":1,"max":4,"step":1}}' --minutes 60 --journal search.jsonl -o best.onnx`,
      'an hour of two options; run again, it goes on',
    ],
    [
      'kompakt tune net.onnx --method quantize --data images:photos --holdout 0.5 -o best.int8.onnx',
      'how to calibrate',
    ],
  ],
  async run({ args, options, progress }) {
    const source = args[0]!;
    const output = options.text('output');
    if (output === undefined)
      throw new KompaktError('KPT_USAGE', 'Option --output is required: it names the file to write.');
    if (options.text('data') === undefined)
      throw new KompaktError('KPT_USAGE', 'Option --data is required: it names the samples to tune on.');
    const original = await modelOf(source, options);
    const settings = { ...(await tuneOptionsOf(options, original)), onEvent: showing(progress) };
    const { model, report } = await interruptible((signal) => tune(original, { ...settings, signal }));
    await model.save(output);
    const { size } = await stat(output);
    return {
      document: { model: source, output, bytes: size, report },
      text: `${describeTuning(report)}\n\n${output}: ${bytesText(size)}, with the best options on all samples`,
    };
  },
};

async function tuneOptionsOf(options: Options, model: Model): Promise<TuneOptions> {
  const preprocess = options.value<PreprocessOptions>('preprocess');
  const open = (data: string, samples?: number) =>
    openSamples({ data, ...(preprocess && { preprocess }), ...(samples && { samples }) }, model);
  const [validate, test] = [options.text('validate'), options.text('eval')];
  const teachers: Model[] = [];
  const sources = options.list<string>('teacher');
  for (const from of sources) teachers.push(from === 'self' ? model : await Model.load(from));
  /** Absent options stay absent: the library knows the defaults. */
  const names = [
    ...['epochs', 'calibrationSamples', 'algorithm', 'rungs', 'eta', 'least', 'minutes', 'journal', 'report'],
    'options',
  ];
  const given = names
    .map((name) => [name, options.value(name)] as const)
    .filter(([, value]) => value !== undefined);
  const space = options.value<SpaceInput>('space');
  return {
    data: open(options.text('data')!, options.number('samples')),
    method: options.text('method')!,
    trials: options.number('trials')!,
    holdout: options.number('holdout')!,
    objective: options.text('objective') as 'accuracy' | 'loss',
    seed: options.number('seed')!,
    threads: options.number('threads')!,
    ...Object.fromEntries(given),
    ...(space && { space }),
    ...(validate !== undefined && { validate: open(validate) }),
    ...(test !== undefined && { evaluate: open(test) }),
    ...(teachers.length > 0 && { teacher: teachers }),
  };
}

/** Draws progress: trials begun, and the best so far. */
function showing(progress: Progress): (event: TuneEvent) => void {
  let begun = 0;
  let best = Number.POSITIVE_INFINITY;
  let note = '';
  return (event) => {
    if (event.event === 'train') {
      progress.start(`training with ${event.options} options`, 1);
      return;
    }
    const { trial, trials } = event;
    if (begun === 0) progress.start('trials', trials);
    begun = Math.max(begun, trial.trial + 1);
    if (trial.accuracy !== null && 1 - trial.accuracy < best) {
      best = 1 - trial.accuracy;
      note = `best ${(100 * trial.accuracy).toFixed(2)} % in trial ${trial.trial}`;
    }
    progress.update(begun, note);
  };
}
