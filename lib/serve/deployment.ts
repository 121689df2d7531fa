// One state of a served model: its file loaded, warmed up, and a scheduler in front. A hot swap makes a new one and closes the old.
import { stat } from 'node:fs/promises';
import type { InferenceSession as Ort } from 'onnxruntime-common';
import type { InputInfo } from '../bench/engine.js';
import { concreteShapes, randomFeeds, type Shapes, shapeExample } from '../bench/feeds.js';
import { KompaktError } from '../errors.js';
import { Model } from '../model/model.js';
import type { Meter } from '../monitor/meter.js';
import { InferenceSession } from '../session/session.js';
import { Scheduler } from './scheduler.js';
import type { RequestOptions, SchedulerCounts, SchedulerOptions } from './scheduler-options.js';

export interface DeploymentSettings {
  readonly threads: number;
  readonly planCache: string | undefined;
  /** Sizes of free dimensions for the warm-up. */
  readonly shapes: Shapes;
  readonly scheduler: SchedulerOptions;
}

/** Runs before a model is ready: the first makes the plan, the next ones find it and memory warm. */
const warmUpRuns = 3;

export class Deployment {
  readonly loadedAt = new Date();
  readonly inputs: readonly Ort.ValueMetadata[];
  readonly outputs: readonly Ort.ValueMetadata[];

  private constructor(
    readonly file: string,
    readonly bytes: number,
    /** Milliseconds of the fastest warm-up run; null where the sizes of the inputs are not known. */
    readonly warmUpMs: number | null,
    private readonly session: InferenceSession,
    private readonly scheduler: Scheduler,
  ) {
    this.inputs = session.inputMetadata;
    this.outputs = session.outputMetadata;
  }

  /** Loads and warms up. Throws what loading and running throw; nothing is left behind then. */
  static async open(file: string, settings: DeploymentSettings, meter: Meter): Promise<Deployment> {
    const { threads, planCache, shapes } = settings;
    const options = { intraOpNumThreads: threads };
    const session =
      planCache === undefined
        ? InferenceSession.fromModel(await Model.load(file), options)
        : await InferenceSession.create(file, { ...options, planCache });
    try {
      const warmUpMs = await warmUp(session, shapes);
      const scheduler = new Scheduler(session, settings.scheduler, meter);
      return new Deployment(file, (await stat(file)).size, warmUpMs, session, scheduler);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  run(feeds: Ort.FeedsType, options: RequestOptions): Promise<Ort.ReturnType> {
    return this.scheduler.run(feeds, options);
  }

  counts(): SchedulerCounts {
    return this.scheduler.counts();
  }

  memory(): ReturnType<InferenceSession['memory']> {
    return this.session.memory();
  }

  /** Answers what it has taken, then frees its memory. */
  async close(): Promise<void> {
    await this.scheduler.close();
    await this.session.release();
  }
}

/** Milliseconds of the fastest run on random inputs; null, without a run, where an input's size is not known. */
async function warmUp(session: InferenceSession, shapes: Shapes): Promise<number | null> {
  const inputs: InputInfo[] = [];
  for (const value of session.inputMetadata) {
    if (!value.isTensor || value.type === 'string') return null;
    inputs.push({ name: value.name, type: value.type, shape: value.shape });
  }
  if (shapeExample(inputs, shapes) !== null) return null;
  const feeds = randomFeeds(inputs, concreteShapes(inputs, shapes));
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < warmUpRuns; run++) {
    const start = performance.now();
    await session.run(feeds);
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

/** Throws KPT_MODEL_DIFFERENT unless both have the same names, types and shapes. */
export function checkSameInterface(one: Signature, other: Signature, what: string): void {
  const text = ({ inputs, outputs }: Signature): string =>
    JSON.stringify([inputs, outputs].map((values) => values.map(valueText)));
  if (text(one) === text(other)) return;
  throw new KompaktError(
    'KPT_MODEL_DIFFERENT',
    `${what} has other inputs or outputs: ${list(other)} instead of ${list(one)}.`,
  );
}

interface Signature {
  readonly inputs: readonly Ort.ValueMetadata[];
  readonly outputs: readonly Ort.ValueMetadata[];
}

/** Names of free dimensions do not matter. */
const valueText = (value: Ort.ValueMetadata): string =>
  value.isTensor
    ? `${value.name}: ${value.type} [${value.shape.map((dim) => (typeof dim === 'number' ? dim : '?')).join(',')}]`
    : value.name;

const list = ({ inputs, outputs }: Signature): string =>
  `${inputs.map(valueText).join(', ')} -> ${outputs.map(valueText).join(', ')}`;
