// Measures a model on this device: create, first run, latency percentiles, memory, operator times, device state. With
// a second engine the two take turns in short blocks, so that what else the machine does strikes both alike.
import { setTimeout } from 'node:timers/promises';
import type { Engine, EngineMemory, EngineName, EngineSession, Feeds, OperatorTime } from './engine.js';
import { loadEngine } from './engines.js';
import { concreteShapes, randomFeeds, type Shapes } from './feeds.js';
import { type LatencySummary, summarize } from './statistics.js';
import { type SystemState, systemState } from './system.js';
import { takeTurns, timed } from './turns.js';

export interface BenchOptions {
  /** In the order of measurement. Default: kompakt alone. */
  readonly engines?: readonly EngineName[];
  /** Threads of each engine. Default 1. */
  readonly threads?: number;
  /** Shapes of inputs with free dimensions. */
  readonly shapes?: Shapes;
  /** Feeds to use in place of random ones. */
  readonly feeds?: Feeds;
  /** Timed seconds per engine; the default is 3. Ignored when `runs` is given. */
  readonly seconds?: number;
  /** Timed runs per engine. */
  readonly runs?: number;
  /** Untimed runs per engine after the first. Default 10, and at least 0.2 s. */
  readonly warmup?: number;
  /** Runs for operator times; 0 for none. Default 20. */
  readonly profileRuns?: number;
  /** Plan cache of kompakt (see SessionOptions.planCache); other engines have none. */
  readonly planCache?: string;
  /** Share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface EngineReport {
  readonly engine: EngineName;
  readonly version: string;
  /** Milliseconds: loading the engine's code (0 when it was loaded before), create, first run. */
  readonly load: number;
  readonly create: number;
  readonly firstRun: number;
  /** Milliseconds of CPU time of the whole process for the three together. */
  readonly startCpu: number;
  readonly latency: LatencySummary;
  /** Growth of the resident set, bytes: by loading the engine, by create and first run (a moment after that), and by all runs after. */
  readonly rssLoad: number;
  readonly rssCreate: number;
  readonly rssRuns: number;
  readonly memory: EngineMemory | null;
  readonly operators: readonly OperatorTime[] | null;
}

export interface BenchReport {
  readonly threads: number;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly engines: readonly EngineReport[];
  /** p50 of the first engine over p50 of the second: below 1 the first is faster. null for one engine. */
  readonly ratio: number | null;
  readonly before: SystemState;
  readonly after: SystemState;
}

interface Contender extends Start {
  readonly engine: Engine;
  readonly session: EngineSession;
  readonly rssAfterFirst: number;
  readonly times: number[];
}

type Start = Pick<EngineReport, 'load' | 'create' | 'firstRun' | 'startCpu' | 'rssLoad' | 'rssCreate'>;

export async function bench(model: string | Uint8Array, options: BenchOptions = {}): Promise<BenchReport> {
  const threads = options.threads ?? 1;
  const before = systemState();
  const contenders: Contender[] = [];
  await takeTurns([{ session: nobody, feeds: {}, times: [] }], { runs: 5000, warmup: 0 });
  try {
    let feeds = options.feeds;
    for (const name of options.engines ?? ['kompakt']) {
      const contender = await start(name, model, threads, options, feeds);
      feeds = contender.feeds;
      contenders.push(contender);
    }
    await takeTurns(
      contenders.map(({ session, times }) => ({ session, feeds: feeds!, times })),
      options,
    );
    const reports = [];
    for (const contender of contenders)
      reports.push(await report(contender, feeds!, options.profileRuns ?? 20));
    return {
      threads,
      shapes: Object.fromEntries(Object.entries(feeds!).map(([name, value]) => [name, value.dims])),
      engines: reports,
      ratio: reports.length === 2 ? reports[0]!.latency.p50 / reports[1]!.latency.p50 : null,
      before,
      after: systemState(),
    };
  } finally {
    for (const { session } of contenders) await session.release();
  }
}

/** Longer than other threads are busy with what the first run leaves to them. */
const settleMs = 20;

/** Runs before all others: the memory that measuring takes is there then, and is not counted as theirs. */
const nobody: EngineSession = {
  inputs: [],
  run: async () => {},
  memory: () => null,
  operators: async () => null,
  release: async () => {},
};

/** Loads an engine and runs the model once. */
async function start(
  name: EngineName,
  model: string | Uint8Array,
  threads: number,
  { planCache, shapes }: BenchOptions,
  given: Feeds | undefined,
): Promise<Contender & { readonly feeds: Feeds }> {
  const rss = (): number => process.memoryUsage.rss();
  const [atBegin, cpuAtBegin, rssAtBegin] = [performance.now(), process.cpuUsage(), rss()];
  const engine = await loadEngine(name);
  const [loaded, rssLoaded] = [performance.now(), rss()];
  const session = await engine.create(model, threads, planCache);
  try {
    const create = performance.now() - loaded;
    const cpuOfCreate = process.cpuUsage(cpuAtBegin);
    const feeds = given ?? randomFeeds(session.inputs, concreteShapes(session.inputs, shapes ?? {}));
    const cpuAtFirst = process.cpuUsage();
    const firstRun = await timed(session, feeds);
    const cpuOfFirst = process.cpuUsage(cpuAtFirst);
    // What the first run leaves to other threads, as giving memory back, ends.
    await setTimeout(settleMs);
    const rssAfterFirst = rss();
    const cpu = [cpuOfCreate, cpuOfFirst].reduce((sum, { user, system }) => sum + user + system, 0);
    return {
      engine,
      session,
      feeds,
      load: loaded - atBegin,
      create,
      firstRun,
      startCpu: cpu / 1000,
      rssLoad: rssLoaded - rssAtBegin,
      rssCreate: rssAfterFirst - rssLoaded,
      rssAfterFirst,
      times: [],
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function report(contender: Contender, feeds: Feeds, profileRuns: number): Promise<EngineReport> {
  const { engine, session, rssAfterFirst, times } = contender;
  const { load, create, firstRun, startCpu, rssLoad, rssCreate } = contender;
  return {
    engine: engine.name,
    version: engine.version,
    load,
    create,
    firstRun,
    startCpu,
    latency: summarize(times),
    rssLoad,
    rssCreate,
    rssRuns: process.memoryUsage.rss() - rssAfterFirst,
    memory: session.memory(),
    operators: profileRuns > 0 ? await session.operators(feeds, profileRuns) : null,
  };
}
