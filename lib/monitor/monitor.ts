// monitor(): a session with the same calls that measures as it runs.
import type { InferenceSession as Ort } from 'onnxruntime-common';
import { z } from 'zod';
import { Model } from '../model/model.js';
import type { RunOptions } from '../session/options.js';
import { parseOptions } from '../session/parse-options.js';
import { requireSession } from '../session/require-session.js';
import { InferenceSession } from '../session/session.js';
import { checkBaseline, type DriftBaseline, parseBaseline } from './drift/baseline.js';
import { type DriftAlarm, type DriftReport, DriftSentinel, driftOptions } from './drift/sentinel.js';
import { type Clock, Meter, type MeterSnapshot } from './meter.js';
import { type ProcessSnapshot, ProcessWatch } from './process-watch.js';
import { tell } from './tell.js';

const options = z.strictObject({
  /** Length of the sliding window of the percentiles. */
  windowMs: z.number().positive().default(300_000),
  /** Of recordBaseline: what drift is judged against. Without it there is no judging. */
  baseline: z.custom<DriftBaseline>((value) => typeof value === 'object', 'expected a baseline').optional(),
  /** Called when drift begins and when it has ended. */
  onAlarm: z
    .custom<(alarm: DriftAlarm) => void>((value) => typeof value === 'function', 'expected a function')
    .optional(),
  drift: driftOptions.prefault({}),
  /** Milliseconds that never go back; another clock in tests. */
  clock: z.custom<Clock>((value) => typeof value === 'function', 'expected a function').optional(),
});

export type MonitorOptions = z.input<typeof options>;

export interface MonitorSnapshot extends MeterSnapshot {
  readonly process: ProcessSnapshot;
  /** null without a baseline. */
  readonly drift: DriftReport | null;
}

/** The calls of an InferenceSession, measured. */
export class MonitoredSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly Ort.ValueMetadata[];
  readonly outputMetadata: readonly Ort.ValueMetadata[];

  readonly #session: InferenceSession;
  readonly #meter: Meter;
  readonly #sentinel: DriftSentinel | null;
  readonly #process = new ProcessWatch();
  /** When the last run ended: runs of one session are served in turn, so a later one began then. */
  #lastEnd = Number.NEGATIVE_INFINITY;
  #called = 0;
  #settled = 0;

  constructor(session: InferenceSession, meter: Meter, sentinel: DriftSentinel | null) {
    this.#session = session;
    this.#meter = meter;
    this.#sentinel = sentinel;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
    this.inputMetadata = session.inputMetadata;
    this.outputMetadata = session.outputMetadata;
  }

  /** As InferenceSession.run. The time until earlier runs have ended counts as waiting. */
  run(feeds: Ort.FeedsType, options?: RunOptions): Promise<Ort.ReturnType>;
  run(feeds: Ort.FeedsType, fetches: Fetches, options?: RunOptions): Promise<Ort.ReturnType>;
  async run(...given: readonly unknown[]): Promise<Ort.ReturnType> {
    const called = this.#meter.clock();
    const turn = this.#called++;
    try {
      const outputs = await this.#session.run(...(given as unknown as Parameters<InferenceSession['run']>));
      const end = this.#meter.clock();
      const began = Math.max(called, this.#lastEnd);
      this.#meter.completed(began - called, end - began, end);
      this.#lastEnd = end;
      this.#observe(given[0] as Ort.FeedsType, outputs);
      return outputs;
    } catch (error) {
      // Feeds that do not fit fail at once, before their turn: the run under way has not ended.
      if (this.#settled >= turn) this.#lastEnd = this.#meter.clock();
      this.#meter.failed(error);
      throw error;
    } finally {
      this.#settled++;
    }
  }

  /** As InferenceSession.runSync. */
  runSync(...given: Parameters<InferenceSession['runSync']>): Ort.ReturnType {
    const called = this.#meter.clock();
    try {
      const outputs = this.#session.runSync(...given);
      const end = this.#meter.clock();
      this.#meter.completed(0, end - called, end);
      this.#observe(given[0], outputs);
      return outputs;
    } catch (error) {
      this.#meter.failed(error);
      throw error;
    }
  }

  /** As InferenceSession.acrossRows. */
  acrossRows(...given: Parameters<InferenceSession['acrossRows']>): string | null {
    return this.#session.acrossRows(...given);
  }

  #observe(feeds: Ort.FeedsType, outputs: Ort.ReturnType): void {
    tell('the drift sentinel', () => this.#sentinel?.observe(feeds, outputs));
  }

  /** What was measured so far, as plain data. */
  snapshot(): MonitorSnapshot {
    return {
      ...this.#meter.snapshot(),
      process: this.#process.snapshot(),
      drift: this.#sentinel?.report() ?? null,
    };
  }

  /** Forgets what was measured. */
  reset(): void {
    this.#meter.reset();
    this.#process.reset();
    this.#sentinel?.reset();
  }

  /** Releases the session and stops measuring. */
  async release(): Promise<void> {
    this.#process.close();
    await this.#session.release();
  }
}

type Fetches = Parameters<InferenceSession['runSync']>[1] & object;

/** A session, or one made for a model, that measures latency (waiting apart from computing), throughput, errors, the process
 *  and device around it, and drift where it has a baseline. Throws KPT_OPTION_INVALID, KPT_BASELINE_INVALID. */
export function monitor(model: InferenceSession | Model, given: MonitorOptions = {}): MonitoredSession {
  const { windowMs, clock, baseline, onAlarm, drift } = parseOptions(options, given, 'monitor');
  const session =
    model instanceof Model ? InferenceSession.fromModel(model) : requireSession(model, 'monitor');
  if (baseline !== undefined) checkBaseline(parseBaseline(baseline, 'baseline'), session);
  const sentinel =
    baseline === undefined ? null : new DriftSentinel(baseline, { ...drift, ...(onAlarm && { onAlarm }) });
  return new MonitoredSession(session, new Meter(windowMs, clock), sentinel);
}
