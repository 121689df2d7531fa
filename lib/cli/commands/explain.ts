// kompakt explain: what compression did to a model, why, and what to do about it.
import { basename } from 'node:path';
import {
  type ExplainOptions,
  explain,
  explainPage,
  explainText,
  Model,
  openSamples,
  type PreprocessOptions,
  saveText,
} from '../../index.js';
import type { Command } from '../command.js';
import { samplesOf } from '../data.js';
import { vainWith } from '../option-rules.js';
import {
  dataOptions,
  itsFile,
  notNegative,
  sourceOption,
  threadsOption,
  wholeNumber,
} from '../option-types.js';

/** They are kept in memory. */
const defaultSamples = 32;

export const explainCommand: Command = {
  name: 'explain',
  summary: 'say what compression did to a model, why, and what to do about it',
  arguments: [
    { name: 'original', description: 'ONNX file, before', reads: itsFile },
    {
      name: 'compressed',
      description: 'ONNX file, after: quantised, pruned, distilled, binary; of any tool',
      reads: itsFile,
    },
  ],
  options: [
    ...dataOptions,
    {
      flags: '--eval <source>',
      description: 'labelled samples to judge both models on: idx:<images>,<labels> and the like',
      ...sourceOption,
    },
    {
      flags: '--trial-samples <n>',
      description: 'samples on which each layer is tried (default: 8)',
      parse: wholeNumber(1),
    },
    {
      flags: '--seconds <n>',
      description: 'time each model for so many seconds (default: 1); 0: not at all',
      parse: notNegative,
    },
    { flags: '--report <file>', description: 'write the report as an HTML page too', writes: 'file' },
    threadsOption,
  ],
  rules: [vainWith(['--threads'], '--seconds 0', ({ options }) => options.number('seconds') === 0)],
  examples: [
    ['kompakt explain net.onnx net.int8.onnx --data images:photos', 'size, time and noise, layer by layer'],
    [
      'kompakt explain net.onnx net.int8.onnx --data cifar:train.bin --eval cifar:test.bin --report page.html',
      'and what became of the answers; with histograms of the worst layers',
    ],
  ],
  async run({ args, options, progress }) {
    const [original, compressed] = [await Model.load(args[0]!), await Model.load(args[1]!)];
    const [judged, preprocess] = [options.text('eval'), options.value<PreprocessOptions>('preprocess')];
    const samples = options.number('samples') ?? defaultSamples;
    const [trialSamples, seconds] = ['trialSamples', 'seconds'].map((name) => options.number(name));
    const page = options.text('report');
    let stage = '';
    const settings: ExplainOptions = {
      data: samplesOf(options, original, samples),
      threads: options.number('threads')!,
      ...(judged !== undefined && {
        evaluate: openSamples({ data: judged, ...(preprocess && { preprocess }) }, original),
      }),
      samples,
      ...(trialSamples !== undefined && { trialSamples }),
      ...(seconds !== undefined && { seconds }),
      words: {
        original: args[0]!,
        compressed: args[1]!,
        data: ['data', 'preprocess']
          .flatMap((name) => {
            const value = options.value(name);
            return value === undefined ? [] : [`--${name} ${inShell(value)}`];
          })
          .join(' '),
      },
      onProgress: (what, share) => {
        if (what !== stage) progress.start(what, 1);
        stage = what;
        progress.update(share);
      },
    };
    const report = await explain(original, compressed, settings);
    progress.stop();
    if (page !== undefined)
      await saveText(page, await explainPage(report, `${basename(args[0]!)} → ${basename(args[1]!)}`));
    return {
      document: { original: args[0]!, compressed: args[1]!, report },
      text: [await explainText(report), ...(page === undefined ? [] : [`page: ${page}`])].join('\n\n'),
    };
  },
};

const inShell = (value: unknown): string =>
  typeof value === 'string' ? value : `'${JSON.stringify(value).replaceAll("'", "'\\''")}'`;
