// kompakt bench: latency, memory and operator times of a model on this device, alone or beside onnxruntime.
import {
  type BenchReport,
  bench,
  benchFresh,
  bytesText,
  counted,
  type EngineName,
  type FreshReport,
  planCacheUsage,
  table,
} from '../../index.js';
import { byReference } from '../by-reference.js';
import type { Command } from '../command.js';
import { vainWith } from '../option-rules.js';
import {
  itsFile,
  oneOf,
  planCacheOption,
  positiveNumber,
  shapeOption,
  shapesOf,
  threadsOption,
  wholeNumber,
} from '../option-types.js';

export const benchCommand: Command = {
  name: 'bench',
  summary: 'measure latency, memory and operator times on this device',
  arguments: [{ name: 'model', description: 'ONNX file', reads: itsFile }],
  options: [
    shapeOption,
    threadsOption,
    {
      ...planCacheOption,
      description:
        'keep plans and packed weights in this file, or in this folder for several models, so that later starts are from there; without this in the folder that KOMPAKT_PLAN_CACHE names in the environment, if it does',
    },
    { flags: '--runs <n>', description: 'timed runs', parse: wholeNumber(1) },
    {
      flags: '--seconds <n>',
      description: 'timed seconds per engine when --runs is absent',
      parse: positiveNumber,
      default: 3,
    },
    {
      flags: '--warmup <n>',
      description: 'untimed runs before (default: 10 and at least 0.2 s)',
      parse: wholeNumber(0),
    },
    {
      flags: '--against <engine>',
      description: 'measure this engine too, in turn (onnxruntime)',
      parse: oneOf('onnxruntime'),
    },
    {
      flags: '--fresh <n>',
      description: 'measure in this many fresh processes per engine, in turn',
      parse: wholeNumber(1),
    },
    {
      flags: '--operators <n>',
      description: 'print this many of the slowest operators',
      parse: wholeNumber(0),
      default: 10,
    },
  ],
  rules: [vainWith(['--seconds'], '--runs'), vainWith(['--operators'], '--fresh')],
  examples: [
    ['kompakt bench model.onnx', 'percentiles, memory and slowest operators, one thread'],
    [
      'kompakt bench det.onnx --shape x=1,3,320,320 --threads 2 --against onnxruntime',
      'side by side, interleaved',
    ],
    ['kompakt bench model.onnx --against onnxruntime --fresh 5', 'five processes of each engine in turn'],
  ],
  async run({ args, options, progress }) {
    const against = options.text('against') as EngineName | undefined;
    const planCache = options.text('planCache');
    const source = planCache === undefined ? cacheLines() : [];
    const shared = {
      engines: ['kompakt', ...(against === undefined ? [] : [against])] as readonly EngineName[],
      threads: options.number('threads')!,
      shapes: shapesOf(options),
      seconds: options.number('seconds')!,
      runs: options.number('runs'),
      warmup: options.number('warmup'),
      planCache,
      onProgress: (share: number) => progress.update(share),
    };
    progress.start('measuring', 1);
    const processes = options.number('fresh');
    if (processes !== undefined) {
      const reports = await benchFresh(args[0]!, { ...shared, processes, profileRuns: 0 });
      return {
        document: { threads: shared.threads, engines: reports },
        text: [...source, freshText(reports)].join('\n'),
      };
    }
    const operators = options.number('operators')!;
    const report = await bench(args[0]!, { ...shared, profileRuns: operators === 0 ? 0 : 20 });
    return { document: report, text: [...source, toText(report, operators)].join('\n') };
  },
};

/** Whoever reads how long a start takes must know whether it was from the model, though nobody asked for it here. */
function cacheLines(): readonly string[] {
  const { folder, named } = planCacheUsage();
  if (named) return [`plans are kept in ${folder} (KOMPAKT_PLAN_CACHE): later starts are from there`];
  if (folder === null) return [];
  return [
    `create is that of a first start; later ones of a program find their plans in ${folder} (see --plan-cache)`,
  ];
}

function toText(report: BenchReport, operators: number): string {
  const { before, after } = report;
  const shapes = Object.entries(report.shapes).map(([name, dims]) => `${name} [${dims.join(',')}]`);
  const ratio =
    report.ratio === null
      ? []
      : [`p50 ratio ${report.engines.map((e) => e.engine).join(' / ')}: ${report.ratio.toFixed(3)}`];
  return [
    `${before.model}, ${counted(report.threads, 'thread')}, ${shapes.join(', ')}`,
    deviceLine(before, after),
    '',
    table(
      [
        { title: '' },
        ...report.engines.map(({ engine, version }) => ({
          title: `${engine} ${version}`,
          align: 'right' as const,
        })),
      ],
      rows.map(([title, cell]) => [title, ...report.engines.map(cell)]),
    ),
    ...ratio,
    ...operatorLines(report, operators),
  ].join('\n');
}

type Engine = BenchReport['engines'][number];

const ms = (value: number): string => value.toFixed(3);
const rows: readonly (readonly [string, (engine: Engine) => string])[] = [
  ['load engine, ms', (e) => ms(e.load)],
  ['create, ms', (e) => ms(e.create)],
  ['first run, ms', (e) => ms(e.firstRun)],
  ['CPU time of these, ms', (e) => ms(e.startCpu)],
  ['runs', (e) => String(e.latency.runs)],
  ['min, ms', (e) => ms(e.latency.min)],
  ['p50, ms', (e) => ms(e.latency.p50)],
  ['p90, ms', (e) => ms(e.latency.p90)],
  ['p95, ms', (e) => ms(e.latency.p95)],
  ['p99, ms', (e) => ms(e.latency.p99)],
  ['max, ms', (e) => ms(e.latency.max)],
  ['jitter, p99/p50', (e) => e.latency.jitter.toFixed(2)],
  ['runs per second', (e) => e.latency.throughput.toFixed(1)],
  ['RSS growth, create', (e) => bytesText(e.rssCreate)],
  ['RSS growth, runs', (e) => bytesText(e.rssRuns)],
  ['arena', (e) => (e.memory === null ? '-' : bytesText(e.memory.arenaBytes))],
  ['weights', (e) => (e.memory === null ? '-' : bytesText(e.memory.weightBytes))],
];

function deviceLine(before: BenchReport['before'], after: BenchReport['after']): string {
  const pair = (a: number | null, b: number | null, unit: string): string[] =>
    a === null || b === null ? [] : [`${a.toFixed(0)} -> ${b.toFixed(0)} ${unit}`];
  const throttling =
    after.throttling === null ? [] : [`throttling: ${after.throttling.join(', ') || 'none'}`];
  return [
    ...pair(before.megahertz, after.megahertz, 'MHz'),
    ...pair(before.celsius, after.celsius, 'degrees C'),
    ...(after.governor === null ? [] : [`governor ${after.governor}`]),
    ...throttling,
  ].join(', ');
}

function operatorLines(report: BenchReport, count: number): string[] {
  const times = report.engines.find((engine) => engine.operators !== null)?.operators ?? [];
  if (count === 0 || times.length === 0) return [];
  const total = times.reduce((sum, time) => sum + time.milliseconds, 0);
  const slowest = [...times].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, count);
  return [
    '',
    `slowest operators of kompakt (${ms(total)} ms in all):`,
    table(
      [
        { title: 'node' },
        { title: 'operator' },
        { title: 'runs' },
        { title: 'ms', digits: 3 },
        { title: '%', digits: 1 },
      ],
      slowest.map(({ name, op, native, milliseconds }) => [
        name,
        op,
        native ? 'native' : 'reference',
        milliseconds,
        (100 * milliseconds) / total,
      ]),
    ),
    ...byReference(times),
  ];
}

const freshText = (reports: readonly FreshReport[]): string =>
  table(
    [
      { title: 'engine' },
      { title: 'processes' },
      { title: 'best p50, ms', digits: 3 },
      { title: 'p50, ms', digits: 3 },
      { title: 'p99, ms', digits: 3 },
      { title: 'create, ms', digits: 1 },
      { title: 'first run, ms', digits: 2 },
      { title: 'RSS growth', align: 'right' },
    ],
    reports.map((report) => [
      report.engine,
      report.processes.length,
      report.bestP50,
      report.medianP50,
      report.medianP99,
      report.medianCreate,
      report.medianFirstRun,
      bytesText(report.medianRss),
    ]),
  );
