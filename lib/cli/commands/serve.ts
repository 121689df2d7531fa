// kompakt serve: models behind HTTP until a signal ends it.

import { KompaktError, type ServeOptions, type Server, serve } from '../../index.js';
import type { Command, Options } from '../command.js';
import { outliveOutput } from '../lost-output.js';
import { needs } from '../option-rules.js';
import {
  namedFile,
  oneOf,
  planCacheOption,
  positiveNumber,
  shapeOption,
  shapesOf,
  threadsOption,
  wholeNumber,
} from '../option-types.js';

export const serveCommand: Command = {
  name: 'serve',
  summary: 'serve models by HTTP, with metrics',
  arguments: [{ name: 'models...', description: 'ONNX files, each as FILE or NAME=FILE', reads: namedFile }],
  options: [
    {
      flags: '--port <n>',
      description: 'port to listen on; 0: any that is free',
      parse: wholeNumber(0, 65535),
      default: 8080,
    },
    { flags: '--host <address>', description: 'address to listen on; 0.0.0.0: all', default: '127.0.0.1' },
    threadsOption,
    {
      flags: '--queue <n>',
      description: 'requests that may wait for each model',
      parse: wholeNumber(1),
      default: 64,
    },
    {
      flags: '--policy <name>',
      description: 'what becomes of a request that finds the queue full: reject, drop-oldest, wait',
      parse: oneOf('reject', 'drop-oldest', 'wait'),
      default: 'reject',
    },
    {
      flags: '--deadline <ms>',
      description: 'a request whose computation has not begun after this time fails',
      parse: positiveNumber,
    },
    {
      flags: '--max-batch <n>',
      description: 'compute up to so many requests at once, where the first dimension is free',
      parse: wholeNumber(1),
      default: 1,
    },
    {
      flags: '--max-wait <ms>',
      description: 'time that a request waits for such company',
      parse: wholeNumber(0),
      default: 0,
    },
    {
      flags: '--max-requests <n>',
      description: 'requests that the server takes at once',
      parse: wholeNumber(1),
      default: 1000,
    },
    {
      flags: '--body-limit <mib>',
      description: 'MiB that a request may have',
      parse: positiveNumber,
      default: 32,
    },
    {
      ...shapeOption,
      description:
        'size of an input with free dimensions or no declared shape for the warm-up, as in x=1,3,320,320',
    },
    {
      flags: '--variant <file>',
      description:
        'a faster file of the same model, as FILE or NAME=FILE; once for each, best accuracy first',
      repeat: true,
      reads: namedFile,
    },
    {
      flags: '--target <ms>',
      description: 'time that 95 of 100 runs shall take at most: a governor chooses among the variants',
      parse: positiveNumber,
    },
    {
      flags: '--baseline <file>',
      description: 'judge drift against this file of `kompakt baseline`, as FILE or NAME=FILE',
      repeat: true,
      reads: namedFile,
    },
    planCacheOption,
  ],
  rules: [
    needs(['--variant'], ['--target'], 'the time by which a governor chooses among the variants'),
    needs(['--target'], ['--variant'], 'among which a governor chooses by it'),
    needs(['--max-wait'], ['--max-batch'], 'in which requests keep company'),
  ],
  examples: [
    ['kompakt serve net.onnx', 'POST http://127.0.0.1:8080/v1/models/net/infer'],
    [
      'kompakt serve cam=net.onnx --policy drop-oldest --queue 1 --deadline 100',
      'for a camera: the newest picture counts, and only while it is fresh',
    ],
    [
      'kompakt serve net.onnx --variant net-int8.onnx --target 20 --baseline net.baseline.json',
      'INT8 takes over while FP32 is slower than 20 ms; drift is told at /v1/models/net/drift',
    ],
  ],
  async run({ args, options }) {
    const server = await serve(serveOptionsOf(args, options));
    endWith(server);
    const models = server.models();
    return {
      document: { url: server.url, pid: process.pid, models },
      oneLine: true,
      text: [
        ...models.map(
          ({ name, file, warmUpMs }) =>
            `${server.url}/v1/models/${name}  ${file}, ${warmUpMs === null ? 'not warmed up: give --shape' : `${warmUpMs.toFixed(2)} ms a run`}`,
        ),
        `Listening on ${server.url} (metrics: /metrics). SIGHUP reads the files again, SIGTERM ends.`,
      ].join('\n'),
    };
  },
};

function serveOptionsOf(args: readonly string[], options: Options): ServeOptions {
  const [deadlineMs, planCache] = [options.number('deadline'), options.text('planCache')];
  const targetMs = options.number('target');
  const models = args.map(modelOf);
  const variants = forModels('--variant', options.list<string>('variant'), models);
  const baselines = forModels('--baseline', options.list<string>('baseline'), models);
  return {
    models: models.map((model) => {
      const baseline = baselines.get(model)?.at(-1);
      return {
        ...model,
        variants: [...(variants.get(model) ?? [])],
        ...(baseline !== undefined && { baseline }),
      };
    }),
    port: options.number('port')!,
    host: options.text('host')!,
    threads: options.number('threads')!,
    queue: options.number('queue')!,
    policy: options.text('policy') as NonNullable<ServeOptions['policy']>,
    maxBatch: options.number('maxBatch')!,
    maxWaitMs: options.number('maxWait')!,
    maxRequests: options.number('maxRequests')!,
    bodyLimit: Math.ceil(options.number('bodyLimit')! * 2 ** 20),
    shapes: Object.fromEntries(Object.entries(shapesOf(options)).map(([name, dims]) => [name, [...dims]])),
    onAlarm: ({ state, model, kind, name, feature, measure, amount, threshold }) =>
      process.stderr.write(
        `drift ${state}: model ${model}, ${kind} ${name}, ${feature}: ${measure} ${amount.toPrecision(3)}, threshold ${threshold.toPrecision(3)}\n`,
      ),
    onSwitch: ({ model, from, to, reason }) =>
      process.stderr.write(`governor: model ${model} from ${from} to ${to}: ${reason}\n`),
    ...(targetMs !== undefined && { targetMs }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(planCache !== undefined && { planCache }),
  };
}

interface NamedFile {
  readonly file: string;
  readonly name?: string;
}

/** "net.onnx" or "name=net.onnx". */
function modelOf(text: string): NamedFile {
  const match = /^([\w.-]+)=(.+)$/.exec(text);
  return match === null ? { file: text } : { name: match[1]!, file: match[2]! };
}

/** The files of an option by model. FILE alone is for the only one. Throws KPT_USAGE. */
function forModels(
  flag: string,
  texts: readonly string[],
  models: readonly NamedFile[],
): ReadonlyMap<NamedFile, readonly string[]> {
  const files = new Map<NamedFile, string[]>();
  for (const text of texts) {
    const { name, file } = modelOf(text);
    const model =
      name === undefined && models.length === 1 ? models[0] : models.find((one) => one.name === name);
    if (model === undefined || (name === undefined && models.length > 1))
      throw new KompaktError(
        'KPT_USAGE',
        `${flag} ${text}: with several models it is NAME=FILE, and the model NAME=FILE as well.`,
      );
    files.set(model, [...(files.get(model) ?? []), file]);
  }
  return files;
}

/** Signals end the server, or have it read its files again; then the process ends by itself, for nothing keeps it. */
function endWith(server: Server): void {
  const end = (): void => {
    // From here on a second one ends the process at once, but SIGHUP never does: it is refused until the end.
    for (const signal of ending) process.off(signal, end);
    void server.close().finally(() => process.off('SIGHUP', reload));
  };
  const reload = (): void => {
    server.reload().then(
      () => process.stderr.write('Models are read again.\n'),
      (error: KompaktError) => process.stderr.write(`error[${error.code}]: ${error.message}\n`),
    );
  };
  for (const signal of ending) process.on(signal, end);
  process.on('SIGHUP', reload);
  // A server outlives who reads its messages: what cannot be written to a closed pipe, or a full disk, is lost, and nothing else.
  outliveOutput();
  process.stderr.on('error', () => {});
}

const ending = ['SIGTERM', 'SIGINT'] as const;
