// kompakt run: feed files or samples to a model, print or save what comes out.
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  argMax,
  counted,
  InferenceSession,
  KompaktError,
  loadNpy,
  Model,
  type ModelSample,
  numbersOf,
  saveNpy,
  type Tensor,
  table,
} from '../../index.js';
import type { Command, Options } from '../command.js';
import { samplesOf } from '../data.js';
import { fileNames } from '../file-names.js';
import { modelSource } from '../model-source.js';
import { vainWith } from '../option-rules.js';
import {
  dataOptions,
  itsFile,
  type NamedText,
  namedFile,
  namedText,
  planCacheOption,
  threadsOption,
} from '../option-types.js';

const topCount = 5;

/** Samples that are printed for people; --json has all. */
const printed = 10;

export const runCommand: Command = {
  name: 'run',
  summary: 'run a model on input files or samples',
  arguments: [{ name: 'model', description: 'ONNX file', reads: itsFile }],
  options: [
    {
      flags: '--input <name=file.npy>',
      description: 'an input from a .npy file; once per input',
      parse: namedText,
      repeat: true,
      reads: namedFile,
    },
    ...dataOptions,
    {
      flags: '-o, --output <folder>',
      description:
        'save every output as <folder>/<sample>-<name>.npy, with _ for characters that are odd in names of files',
      writes: /^\d+-[\w.-]*\.npy$/,
    },
    threadsOption,
    planCacheOption,
  ],
  rules: [vainWith(['--data', '--preprocess', '--samples'], '--input')],
  examples: [
    ['kompakt run model.onnx --input x=photo.npy', 'prints the five largest values of each output'],
    ['kompakt run model.onnx --data idx:images,labels --samples 100', 'top-1 over labelled samples'],
  ],
  async run({ args, options, progress }) {
    const source = await modelSource(args[0]!);
    const intraOpNumThreads = options.number('threads')!;
    const planCache = options.text('planCache');
    const session = await InferenceSession.create(source as string, {
      intraOpNumThreads,
      ...(planCache !== undefined && { planCache }),
    });
    try {
      const folder = options.text('output');
      if (folder !== undefined) await makeFolder(folder);
      const results: SampleResult[] = [];
      const total = options.number('samples');
      if (total !== undefined) progress.start('running', total);
      for await (const { name, feeds, label } of samples(options, source)) {
        const outputs = await session.run(feeds);
        results.push(
          summarize({ sample: results.length, name: name ?? null, label: label ?? null }, outputs),
        );
        if (folder !== undefined) await save(folder, results.length - 1, outputs);
        progress.update(results.length);
      }
      if (results.length === 0)
        throw new KompaktError(
          'KPT_CALIBRATION_EMPTY',
          `There is no sample in '${options.text('data')}' to run on.`,
        );
      const labelled = results.filter((result) => result.label !== null);
      const right = labelled.filter((result) => result.outputs[0]?.top[0]?.index === result.label).length;
      const top1 = labelled.length === 0 ? null : right / labelled.length;
      const document = { model: args[0], samples: results, labelled: labelled.length, top1 };
      return { document, text: toText(results, labelled.length, top1) };
    } finally {
      await session.release();
    }
  },
};

async function* samples(
  options: Options,
  source: string | Uint8Array,
): AsyncIterable<Omit<ModelSample, 'name'> & Partial<Pick<ModelSample, 'name'>>> {
  const files = options.list<NamedText>('input');
  if (files.length === 0) {
    if (options.text('data') === undefined)
      throw new KompaktError('KPT_USAGE', 'Give the inputs with --input NAME=FILE.npy or with --data.');
    yield* samplesOf(options, await Model.load(source));
    return;
  }
  const feeds: [string, Tensor][] = [];
  for (const { name, text } of files) feeds.push([name, await loadNpy(text)]);
  yield { feeds: Object.fromEntries(feeds) };
}

interface OutputSummary {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  /** The largest elements of the flattened output. */
  readonly top: readonly { readonly index: number; readonly value: number }[];
}

interface SampleFacts {
  readonly sample: number;
  /** Of the data, which samples are drawn from: file and index. */
  readonly name: string | null;
  readonly label: number | null;
}

interface SampleResult extends SampleFacts {
  readonly outputs: readonly OutputSummary[];
}

function summarize(facts: SampleFacts, outputs: Readonly<Record<string, Tensor>>): SampleResult {
  return {
    ...facts,
    outputs: Object.entries(outputs).map(([name, tensor]) => ({
      name,
      type: tensor.type,
      dims: tensor.dims,
      top: tensor.type === 'string' ? [] : largest(numbersOf(tensor)),
    })),
  };
}

function largest(values: Float64Array): { index: number; value: number }[] {
  const rest = values.slice();
  return Array.from({ length: Math.min(topCount, values.length) }, () => {
    const index = argMax(rest);
    const value = values[index]!;
    rest[index] = Number.NEGATIVE_INFINITY;
    return { index, value };
  });
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new KompaktError('KPT_FILE_WRITE', `The folder '${folder}' cannot be made.`, { folder }, error);
  }
}

async function save(
  folder: string,
  sample: number,
  outputs: Readonly<Record<string, Tensor>>,
): Promise<void> {
  for (const [name, file] of fileNames(Object.keys(outputs)))
    await saveNpy(join(folder, `${sample}-${file}.npy`), outputs[name]!);
}

function toText(results: readonly SampleResult[], labelled: number, top1: number | null): string {
  const rows = results
    .slice(0, printed)
    .flatMap(({ sample, name: source, label, outputs }) =>
      outputs.map(({ name, type, dims, top }) => [
        sample,
        source === null ? null : basename(source),
        label,
        name,
        `${type} [${dims.join(',')}]`,
        top.map(({ index, value }) => `${index}: ${value.toPrecision(5)}`).join('  '),
      ]),
    );
  const listed = table(
    [
      { title: 'sample' },
      { title: 'of' },
      { title: 'label' },
      { title: 'output' },
      { title: 'shape' },
      { title: 'largest (index: value)' },
    ],
    rows,
  );
  const rest = results.length - printed;
  const text = rest > 0 ? `${listed}\n... and ${counted(rest, 'sample')} more; --json has all` : listed;
  return top1 === null
    ? text
    : `${text}\n\ntop-1: ${(100 * top1).toFixed(2)} % of ${counted(labelled, 'labelled sample')}`;
}
