// The drift sentinel: looks at a share of the runs, compares the last of them with a baseline, and raises alarms that do not flap.
import type { InferenceSession as Ort, Tensor } from 'onnxruntime-common';
import { z } from 'zod';
import { uniformNumbers } from '../../ops/shared/random-numbers.js';
import { parseOptions } from '../../session/parse-options.js';
import { tell } from '../tell.js';
import type { DriftBaseline } from './baseline.js';
import { Features } from './features.js';
import { type DriftFeature, type DriftMeasure, type ValueJudgement, ValueWindow } from './value-window.js';

const usualMinSamples = 50;

export const driftOptions = z
  .strictObject({
    /** Runs looked at per second at most. */
    perSecond: z.number().positive().default(5),
    /** Samples in the sliding window. */
    windowSamples: z.int().min(5).default(500),
    /** Samples before the window is judged, at most as many as it holds; 50, or what a smaller window holds. */
    minSamples: z.int().min(1).optional(),
    /** Samples from one judgement to the next. */
    judgeEvery: z.int().min(1).default(20),
  })
  // It would never be judged, and nobody would be told.
  .refine(({ windowSamples, minSamples }) => minSamples === undefined || minSamples <= windowSamples, {
    path: ['minSamples'],
    message: 'expected no more than windowSamples',
  });

const options = driftOptions.safeExtend({
  onAlarm: z
    .custom<(alarm: DriftAlarm) => void>((value) => typeof value === 'function', 'expected a function')
    .optional(),
  /** Milliseconds since 1970; another clock in tests, which is also that of the pace. */
  now: z.custom<() => number>((value) => typeof value === 'function', 'expected a function').optional(),
});

export type DriftOptions = z.input<typeof options>;

export interface DriftState {
  readonly kind: 'input' | 'output';
  /** Name of the input or output. */
  readonly name: string;
  readonly feature: DriftFeature;
  readonly measure: DriftMeasure;
  readonly amount: number;
  readonly threshold: number;
  /** Since when it is drift, as an ISO date; null when it is not. */
  readonly since: string | null;
}

export interface DriftAlarm extends DriftState {
  readonly state: 'raised' | 'cleared';
}

export interface DriftReport {
  /** Samples in the window, and those of the baseline. */
  readonly samples: number;
  readonly baselineSamples: number;
  /** Samples looked at since the start. */
  readonly looked: number;
  readonly drifting: boolean;
  /** Every measure as last judged, those that drift first; empty before the first judgement. */
  readonly measures: readonly DriftState[];
}

/** Judgements in a row above the threshold that raise an alarm, and below `clearBelow` of it that clear one. */
const raiseAfter = 2;
const clearAfter = 3;
const clearBelow = 0.8;

interface Watch {
  judgement: ValueJudgement;
  above: number;
  below: number;
  /** When the first of the judgements in a row was made. */
  firstAbove: number;
  raised: boolean;
}

interface Watched {
  readonly kind: 'input' | 'output';
  readonly window: ValueWindow;
  /** By feature and measure. */
  readonly watches: Map<string, Watch>;
}

export class DriftSentinel {
  readonly baseline: DriftBaseline;
  readonly #settings: z.output<typeof options>;
  readonly #minSamples: number;
  readonly #now: () => number;
  /** Never goes back, as the time of day does when it is set. */
  readonly #clock: () => number;
  readonly #values: readonly Watched[];
  readonly #features = new Features();
  readonly #random = uniformNumbers(1);
  #next = Number.NEGATIVE_INFINITY;
  #looked = 0;

  constructor(baseline: DriftBaseline, given: DriftOptions = {}) {
    this.baseline = baseline;
    this.#settings = parseOptions(options, given, 'the drift sentinel');
    const { minSamples, windowSamples } = this.#settings;
    this.#minSamples = minSamples ?? Math.min(usualMinSamples, windowSamples);
    this.#now = this.#settings.now ?? Date.now;
    this.#clock = this.#settings.now ?? (() => performance.now());
    const watched = (kind: Watched['kind'], values: DriftBaseline['inputs']): readonly Watched[] =>
      values.map((value) => ({
        kind,
        window: new ValueWindow(value, windowSamples),
        watches: new Map(),
      }));
    this.#values = [...watched('input', baseline.inputs), ...watched('output', baseline.outputs)];
  }

  /** Looks at a run, unless it has looked at one just now. Of a batch it looks at one row. */
  observe(feeds: Ort.FeedsType, outputs: Ort.ReturnType): void {
    const clock = this.#clock();
    if (clock < this.#next) return;
    this.#next = clock + 1000 / this.#settings.perSecond;
    const rows = this.baseline.rows ? rowsOf(feeds) : null;
    if (rows === 0) return;
    const row = rows === null ? null : Math.floor(this.#random() * rows);
    for (const { kind, window } of this.#values) {
      const { name, range } = window.baseline;
      const tensor = (kind === 'input' ? feeds : outputs)[name] as Tensor | undefined;
      if (tensor?.dims !== undefined && this.#features.read(tensor, row, range, this.#random()))
        window.add(this.#features);
    }
    this.#looked++;
    if (this.#looked % this.#settings.judgeEvery === 0) this.#judge(this.#now());
  }

  report(): DriftReport {
    const measures = this.#values.flatMap((value) =>
      [...value.watches.values()].map((watch) => stateOf(value, watch)),
    );
    return {
      samples: Math.max(0, ...this.#values.map(({ window }) => window.samples)),
      baselineSamples: this.baseline.samples,
      looked: this.#looked,
      drifting: measures.some(({ since }) => since !== null),
      measures: measures.sort((a, b) => Number(b.since !== null) - Number(a.since !== null)),
    };
  }

  /** Forgets the window and its alarms. */
  reset(): void {
    this.#looked = 0;
    for (const { window, watches } of this.#values) {
      window.reset();
      watches.clear();
    }
  }

  #judge(now: number): void {
    for (const value of this.#values) {
      if (value.window.taken < this.#minSamples) continue;
      for (const judgement of value.window.judge(this.baseline.samples)) this.#update(value, judgement, now);
    }
  }

  #update(value: Watched, judgement: ValueJudgement, now: number): void {
    const key = `${judgement.feature} ${judgement.measure}`;
    const watch = value.watches.get(key) ?? { judgement, above: 0, below: 0, firstAbove: now, raised: false };
    value.watches.set(key, watch);
    watch.judgement = judgement;
    const ratio = judgement.amount / judgement.threshold;
    if (ratio >= 1 && watch.above === 0 && !watch.raised) watch.firstAbove = now;
    watch.above = ratio >= 1 ? watch.above + 1 : 0;
    watch.below = ratio < clearBelow ? watch.below + 1 : 0;
    if (!watch.raised && watch.above >= raiseAfter) {
      watch.raised = true;
      this.#tell({ ...stateOf(value, watch), state: 'raised' });
    } else if (watch.raised && watch.below >= clearAfter) {
      this.#tell({ ...stateOf(value, watch), state: 'cleared' });
      watch.raised = false;
    }
  }

  #tell(alarm: DriftAlarm): void {
    const { onAlarm } = this.#settings;
    if (onAlarm !== undefined) tell('onAlarm', () => onAlarm(alarm));
  }
}

const stateOf = ({ kind, window }: Watched, { judgement, raised, firstAbove }: Watch): DriftState => ({
  kind,
  name: window.baseline.name,
  ...judgement,
  since: raised ? new Date(firstAbove).toISOString() : null,
});

function rowsOf(feeds: Ort.FeedsType): number | null {
  for (const feed of Object.values(feeds)) {
    const dims = (feed as Partial<Tensor> | null)?.dims;
    if (dims !== undefined) return dims[0] ?? null;
  }
  return null;
}
