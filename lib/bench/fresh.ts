// Measures engines in fresh processes, one engine a process, in turn. Start-up decides where memory lies, and with it
// the speed of a whole process; alternating processes averages that out.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { KompaktError, requireArgument } from '../errors.js';
import { type BenchOptions, type BenchReport, bench, type EngineReport } from './bench.js';
import type { EngineName } from './engine.js';
import { percentile } from './statistics.js';

export interface FreshOptions extends Omit<BenchOptions, 'feeds' | 'onProgress'> {
  /** Processes per engine. Default 5. */
  readonly processes?: number;
  readonly onProgress?: (share: number) => void;
}

export interface FreshReport {
  readonly engine: EngineName;
  readonly processes: readonly EngineReport[];
  /** Milliseconds over the processes: the least and the median of their p50, and the medians of the others. */
  readonly bestP50: number;
  readonly medianP50: number;
  readonly medianP99: number;
  readonly medianCreate: number;
  readonly medianFirstRun: number;
  /** The least over the processes: of single runs, of p99 / p50, of loading the engine, of create and first run together,
   *  and of the CPU time of these three. */
  readonly best: number;
  readonly bestJitter: number;
  readonly bestLoad: number;
  readonly bestReady: number;
  readonly bestStartCpu: number;
  /** Bytes, of create and runs; loading the engine comes on top. */
  readonly medianRss: number;
  /** Of create and the first run. */
  readonly medianRssReady: number;
  readonly medianRssLoad: number;
}

interface Job {
  readonly model: string;
  readonly options: BenchOptions;
}

/** Alternates fresh processes of the engines. The model is a file: each process loads it for itself. */
export async function benchFresh(model: string, options: FreshOptions = {}): Promise<readonly FreshReport[]> {
  requireArgument(typeof model === 'string', 'the path of a model', 'benchFresh', model);
  const { processes = 5, engines = ['kompakt'], onProgress, ...rest } = options;
  const reports = new Map<EngineName, EngineReport[]>(engines.map((engine) => [engine, []]));
  let done = 0;
  for (let round = 0; round < processes; round++)
    for (const engine of engines) {
      const report = await runChild({ model, options: { ...rest, engines: [engine] } });
      reports.get(engine)!.push(report.engines[0]!);
      onProgress?.(++done / (processes * engines.length));
    }
  return engines.map((engine) => combine(engine, reports.get(engine)!));
}

function combine(engine: EngineName, processes: readonly EngineReport[]): FreshReport {
  const median = (pick: (report: EngineReport) => number): number =>
    percentile(Float64Array.from(processes, pick).sort(), 0.5);
  const least = (pick: (report: EngineReport) => number): number => Math.min(...processes.map(pick));
  return {
    engine,
    processes,
    best: least((report) => report.latency.min),
    bestP50: least((report) => report.latency.p50),
    bestJitter: least((report) => report.latency.jitter),
    bestLoad: least((report) => report.load),
    bestReady: least((report) => report.create + report.firstRun),
    bestStartCpu: least((report) => report.startCpu),
    medianP50: median((report) => report.latency.p50),
    medianP99: median((report) => report.latency.p99),
    medianCreate: median((report) => report.create),
    medianFirstRun: median((report) => report.firstRun),
    medianRss: median((report) => report.rssCreate + report.rssRuns),
    medianRssReady: median((report) => report.rssCreate),
    medianRssLoad: median((report) => report.rssLoad),
  };
}

type Answer = { readonly report: BenchReport } | { readonly code: string; readonly message: string };

function runChild(job: Job): Promise<BenchReport> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./fresh-child.js', import.meta.url)), { execArgv: [] });
    let answer: Answer | undefined;
    child.once('message', (message) => {
      answer = message as Answer;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (answer === undefined)
        reject(
          new KompaktError('KPT_INTERNAL', `A benchmark process ended without a report (${signal ?? code}).`),
        );
      else if ('report' in answer) resolve(answer.report);
      else reject(new KompaktError(answer.code as 'KPT_INTERNAL', answer.message));
    });
    child.send(job);
  });
}

/** What the child process does: waits for one job, measures, answers, ends. */
export function serveOneJob(): void {
  // The parent has ended, by a signal say: nobody waits for the answer.
  const alone = (): void => process.exit(1);
  process.once('disconnect', alone);
  process.once('message', async (job: Job) => {
    let answer: Answer;
    try {
      answer = { report: await bench(job.model, job.options) };
    } catch (error) {
      const { code = 'KPT_INTERNAL', message } = error as { code?: string; message: string };
      answer = { code, message };
    }
    process.off('disconnect', alone);
    process.send!(answer, () => process.disconnect());
  });
}
