// kompakt compress: searches for the best model within a budget, or replays a recipe that an earlier search has left.
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  applyRecipe,
  bytesText,
  type CompressOptions,
  type CompressReport,
  compress,
  compressPage,
  isKompaktError,
  KompaktError,
  loadRecipe,
  Model,
  openSamples,
  type PreprocessOptions,
  saveText,
} from '../../index.js';
import type { Command, Invocation, Options, Result } from '../command.js';
import { compressOptions, compressRules } from '../compress-options.js';
import { reportText, showing } from '../compress-report.js';
import { samplesOf } from '../data.js';
import { interruptible } from '../interruption.js';
import { itsFile } from '../option-types.js';

export const compressCommand: Command = {
  name: 'compress',
  summary: 'find the best model within a budget of accuracy, latency and size',
  arguments: [{ name: 'model', description: 'ONNX file, FP32', reads: itsFile }],
  options: [
    {
      flags: '-o, --output <file>',
      description:
        'file to write; the recipe is written beside it, .recipe.json, unless it is a device or a pipe',
      writes: 'file',
    },
    ...compressOptions,
  ],
  rules: compressRules,
  examples: [
    [
      `kompakt compress net.onnx --data images:photos --eval images:judged --max-drop 0.5 -o small.onnx`,
      'the fastest that loses at most half a point',
    ],
    [
      `kompakt compress net.onnx --data cifar:train.bin --max-drop 1 --max-latency 20 --max-bytes 1000000 --minutes 60 --journal search.jsonl -o small.onnx`,
      'an hour at most; run again, it goes on where it was',
    ],
    [
      `kompakt compress net.onnx --data cifar:train.bin --recipe small.recipe.json -o again.onnx`,
      'the same file again',
    ],
  ],
  async alsoWrites({ options }) {
    const output = options.text('output');
    if (output === undefined || options.text('recipe') !== undefined) return [];
    const recipe = await recipePath(output);
    return recipe === null ? [] : [['The recipe of --output', recipe]];
  },
  async run(invocation) {
    const { args, options } = invocation;
    const output = options.text('output');
    if (output === undefined)
      throw new KompaktError('KPT_USAGE', 'Option --output is required: it names the file to write.');
    const model = await Model.load(args[0]!);
    const recipe = options.text('recipe');
    return recipe === undefined
      ? search(invocation, model, output)
      : replay(invocation, model, output, recipe);
  },
};

/** Where the recipe goes: beside the model; null where that goes into a pipe or a device, beside which nothing belongs. */
async function recipePath(output: string): Promise<string | null> {
  const found = await stat(output).catch(() => undefined);
  return found === undefined || found.isFile() ? `${output.replace(/\.onnx$/, '')}.recipe.json` : null;
}

async function search(
  { args, options, progress }: Invocation,
  model: Model,
  output: string,
): Promise<Result> {
  const begun = performance.now();
  const page = options.text('report');
  const writePage = async (report: CompressReport): Promise<void> => {
    if (page !== undefined) await saveText(page, await compressPage(report, basename(args[0]!, '.onnx')));
  };
  const settings = { ...searchOptions(options, model), onEvent: showing(progress) };
  const { model: result, report } = await interruptible((signal) =>
    compress(model, { ...settings, signal }),
  ).catch(async (error) => {
    // What was tried is worth reading also when nothing of it is enough.
    if (isKompaktError(error) && error.code === 'KPT_BUDGET_UNMET')
      await writePage(error.details.report as CompressReport);
    throw error;
  });
  progress.stop();
  await result.save(output);
  const recipe = await recipePath(output);
  if (recipe !== null) await saveText(recipe, `${JSON.stringify(report.recipe, null, 2)}\n`);
  await writePage(report);
  const seconds = (performance.now() - begun) / 1000;
  const again =
    recipe === null
      ? `${output} is no file, so no recipe is written beside it; --json prints it (report.recipe)`
      : `${recipe}: makes it again (--recipe)`;
  return {
    document: { model: args[0]!, output, recipe, seconds, ...(page !== undefined && { page }), report },
    text: `${reportText(report)}\n\n${output}: trial ${report.chosen.number}, ${report.chosen.why}\n${again}`,
  };
}

function searchOptions(options: Options, model: Model): CompressOptions {
  const judged = options.text('eval');
  const preprocess = options.value<PreprocessOptions>('preprocess');
  const budget = Object.fromEntries(
    ['maxDrop', 'minAccuracy', 'maxLatency', 'speedUp', 'maxBytes', 'ratio', 'maxDeflatedBytes']
      .map((name) => [name, options.number(name)] as const)
      .filter(([, limit]) => limit !== undefined),
  );
  if (Object.keys(budget).length === 0)
    throw new KompaktError(
      'KPT_USAGE',
      'A budget is required: --max-drop, --min-accuracy, --max-latency, --speed-up, --max-bytes, --ratio or --max-deflated-bytes.',
    );
  /** Absent options stay absent: the library knows the defaults. */
  const given = Object.entries({
    objective: options.text('objective'),
    methods: options.value('methods'),
    epochs: options.number('epochs'),
    minutes: options.number('minutes'),
    journal: options.text('journal'),
    evaluate:
      judged === undefined
        ? undefined
        : openSamples({ data: judged, ...(preprocess && { preprocess }) }, model),
  }).filter(([, value]) => value !== undefined);
  return {
    data: samplesOf(options, model),
    budget,
    first: options.flag('first'),
    nearest: options.flag('nearest'),
    batch: options.number('batch')!,
    calibrationSamples: options.number('calibrationSamples')!,
    latencyThreads: options.number('latencyThreads')!,
    latencySeconds: options.number('latencySeconds')!,
    seed: options.number('seed')!,
    threads: options.number('threads')!,
    ...Object.fromEntries(given),
  };
}

async function replay(
  { args, options, progress }: Invocation,
  model: Model,
  output: string,
  file: string,
): Promise<Result> {
  const recipe = await loadRecipe(file);
  progress.start('applying the recipe', 1);
  const result = await applyRecipe(model, recipe, {
    data: samplesOf(options, model),
    threads: options.number('threads')!,
    onEvent: (event) => {
      if (event.event === 'start') progress.start('training', event.steps);
      if (event.event === 'step') progress.update(event.step, `epoch ${event.epoch}`);
    },
  });
  progress.stop();
  await result.save(output);
  const bytes = result.toBytes();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const same = recipe.made === undefined ? null : recipe.made.sha256 === sha256;
  const told =
    same === null
      ? ''
      : same
        ? ', the bytes of the search'
        : ', other bytes than those of the search: it had another model, other samples or another version';
  return {
    document: { model: args[0]!, output, sha256, bytes: bytes.length, same },
    text: `${output}: ${bytesText(bytes.length)}${told}`,
  };
}
