// One state of a served model: its file loaded, warmed up, and a scheduler in front. A hot swap makes a new one and closes the old.
import { stat } from 'node:fs/promises';
import type { InferenceSession as Ort } from 'onnxruntime-common';
import type { InputInfo } from '../bench/engine.js';
import { concreteShapes, randomFeeds, type Shapes, shapeExample } from '../bench/feeds.js';
import { checkBaseline, loadBaseline } from '../monitor/drift/baseline.js';
import { type DriftOptions, DriftSentinel } from '../monitor/drift/sentinel.js';
import type { Meter } from '../monitor/meter.js';
import { tell } from '../monitor/tell.js';
import { InferenceSession } from '../session/session.js';
import { Governor, type GovernorOptions, type Variant } from './governor.js';
import type { Pressure } from './governor-policy.js';
import { Scheduler } from './scheduler.js';
import type { RequestOptions, SchedulerCounts, SchedulerOptions } from './scheduler-options.js';

export interface ModelFiles {
  /** Variants of one model, best accuracy first; one when there is nothing to choose from. */
  readonly variants: readonly string[];
  /** A drift baseline. */
  readonly baseline: string | undefined;
  /** Sizes of free dimensions for the warm-up, before those of the settings. */
  readonly shapes: Shapes;
}

export interface DeploymentSettings {
  /** Of the model. */
  readonly name: string;
  readonly threads: number;
  readonly planCache: string | undefined;
  /** Sizes of free dimensions for the warm-up; those of inputs that the model does not have are for others. */
  readonly shapes: Shapes;
  readonly scheduler: SchedulerOptions;
  /** undefined without a target: then the first variant answers. */
  readonly governor: Omit<GovernorOptions, 'pressure' | 'clock'> | undefined;
  readonly drift: DriftOptions;
  readonly throttled: () => boolean;
}

/** Runs before a model is ready: the first makes the plan, the next ones find it and memory warm. */
const warmUpRuns = 3;

interface LoadedVariant extends Variant {
  readonly session: InferenceSession;
  readonly warmUpMs: number | null;
  readonly bytes: number;
  /** Of the inputs in the warm-up; null where there was none. */
  readonly feedShapes: Shapes | null;
}

export class Deployment {
  readonly loadedAt = new Date();
  readonly inputMetadata: readonly Ort.ValueMetadata[];
  readonly outputMetadata: readonly Ort.ValueMetadata[];
  readonly bytes: number;
  /** Milliseconds of the fastest warm-up run of the first variant; null when there was none. */
  readonly warmUpMs: number | null;
  readonly governor: Governor;
  readonly #scheduler: Scheduler;

  private constructor(
    private readonly variants: readonly LoadedVariant[],
    readonly sentinel: DriftSentinel | null,
    settings: DeploymentSettings,
    meter: Meter,
  ) {
    const [first] = variants as readonly [LoadedVariant];
    this.inputMetadata = first.session.inputMetadata;
    this.outputMetadata = first.session.outputMetadata;
    this.bytes = first.bytes;
    this.warmUpMs = first.warmUpMs;
    const pressure = (): Pressure => {
      const { waiting, rejected, dropped, expired } = this.#scheduler.counts();
      return { waiting, missed: rejected + dropped + expired, throttled: settings.throttled() };
    };
    const governed = settings.governor ?? { targetMs: Number.MAX_VALUE };
    this.governor = new Governor(settings.governor === undefined ? [first] : variants, {
      ...governed,
      pressure,
      clock: meter.clock,
    });
    this.#scheduler = new Scheduler(this.governor, settings.scheduler, meter, `model '${settings.name}'`);
  }

  /** Loads and warms up. Throws what loading and running throw, KPT_MODEL_DIFFERENT and KPT_BASELINE_INVALID; nothing is left
   *  behind then. */
  static async open(files: ModelFiles, settings: DeploymentSettings, meter: Meter): Promise<Deployment> {
    const variants: LoadedVariant[] = [];
    try {
      const shapes = { ...settings.shapes, ...files.shapes };
      for (const file of files.variants) variants.push(await loadVariant(file, { ...settings, shapes }));
      let sentinel: DriftSentinel | null = null;
      if (files.baseline !== undefined) {
        const baseline = await loadBaseline(files.baseline);
        checkBaseline(baseline, variants[0]!.session);
        sentinel = new DriftSentinel(baseline, settings.drift);
      }
      const deployment = new Deployment(variants, sentinel, settings, meter);
      // What is known of the sizes is found out now: the first requests need not wait for it, and who starts the server is told.
      const { feedShapes } = variants[0]!;
      if (feedShapes !== null) await deployment.#scheduler.prepare(feedShapes);
      return deployment;
    } catch (error) {
      for (const { session } of variants) await session.release();
      throw error;
    }
  }

  async run(feeds: Ort.FeedsType, options: RequestOptions): Promise<Ort.ReturnType> {
    const outputs = await this.#scheduler.run(feeds, options);
    tell('the drift sentinel', () => this.sentinel?.observe(feeds, outputs));
    return outputs;
  }

  /** As Scheduler.checkRoom. */
  checkRoom(): void {
    this.#scheduler.checkRoom();
  }

  counts(): SchedulerCounts {
    return this.#scheduler.counts();
  }

  /** Bytes outside JavaScript, of all variants. */
  memoryBytes(): number {
    return this.variants.reduce((sum, { session }) => {
      const { arenaBytes, weightBytes } = session.memory();
      return sum + arenaBytes + weightBytes;
    }, 0);
  }

  /** Answers what it has taken, then frees its memory. */
  async close(): Promise<void> {
    await this.#scheduler.close();
    for (const { session } of this.variants) await session.release();
  }
}

async function loadVariant(file: string, settings: DeploymentSettings): Promise<LoadedVariant> {
  const { threads, planCache, shapes } = settings;
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: threads,
    ...(planCache !== undefined && { planCache }),
  });
  try {
    // What random values cannot do, as be a shape that another input has, requests may.
    const warm = await warmUp(session, shapes).catch((error: Error) => {
      process.emitWarning(`kompakt: model '${settings.name}' (${file}) is not warmed up: ${error.message}`);
      return null;
    });
    const { size } = await stat(file);
    return {
      name: file,
      session,
      bytes: size,
      warmUpMs: warm?.ms ?? null,
      feedShapes: warm?.shapes ?? null,
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

interface WarmUp {
  /** Milliseconds of the fastest run. */
  readonly ms: number;
  readonly shapes: Shapes;
}

/** Runs on random inputs; null, without a run, where an input's size is not known. */
async function warmUp(session: InferenceSession, shapes: Shapes): Promise<WarmUp | null> {
  const inputs: InputInfo[] = [];
  for (const value of session.inputMetadata) {
    if (!value.isTensor || value.type === 'string') return null;
    inputs.push(value);
  }
  const own = Object.fromEntries(
    inputs.flatMap(({ name }) => (Object.hasOwn(shapes, name) ? [[name, shapes[name]!]] : [])),
  );
  if (shapeExample(inputs, own) !== null) return null;
  const concrete = concreteShapes(inputs, own);
  const feeds = randomFeeds(inputs, concrete);
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < warmUpRuns; run++) {
    const start = performance.now();
    await session.run(feeds);
    fastest = Math.min(fastest, performance.now() - start);
  }
  return { ms: fastest, shapes: Object.fromEntries(concrete) };
}
