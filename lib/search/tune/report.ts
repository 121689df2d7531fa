// What a search leaves behind beside the model.
import { type Interval, mcNemarTest, wilsonInterval } from '../../report/proportions.js';
import type { Options } from './apply.js';
import type { Edge } from './edges.js';
import type { Importance } from './importance.js';
import type { Failure } from './journal.js';
import type { Point } from './method.js';
import type { Values } from './space.js';
import type { Objective, Trial } from './trial.js';

export interface TrialReport {
  /** Counted from 0, which has the defaults. */
  readonly trial: number;
  /** By path of the option; those that are absent have their defaults. */
  readonly values: Values;
  /** finished: got the whole budget; pruned: others were better; failed: see `failure`; unfinished: the time was up. */
  readonly status: Trial['status'];
  readonly bracket: number;
  /** Epochs or calibration samples that it got. */
  readonly budget: number;
  /** After the last of them, on the validation samples; null where it never came to that. */
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly curve: readonly Point[];
  readonly seconds: number;
  readonly failure: Failure | null;
}

/** A share of right answers on the test samples, with its interval of 95 % (Wilson). */
export interface Judged {
  readonly right: number;
  readonly accuracy: number;
  readonly interval: Interval;
}

export interface TestReport {
  readonly samples: number;
  readonly tuned: Judged;
  /** Trained as the winner was. */
  readonly defaults: Judged;
  /** Samples on which one is right and the other is not. */
  readonly tunedOnly: number;
  readonly defaultsOnly: number;
  /** Probability of such a difference between equally good models (exact test of McNemar). */
  readonly probability: number;
}

export interface TuneReport {
  readonly method: string;
  readonly unit: 'epochs' | 'samples';
  readonly budget: number;
  readonly objective: Objective;
  readonly algorithm: string;
  readonly rungs: string;
  readonly seed: number;
  /** Samples that trials were trained on and judged by. */
  readonly trainingSamples: number;
  readonly validationSamples: number;
  readonly trials: readonly TrialReport[];
  readonly best: TrialReport;
  /** How much each parameter matters; null when too few trials can be compared. */
  readonly importance: readonly Importance[] | null;
  /** Where the space may be too narrow. */
  readonly edges: readonly Edge[];
  /** Options of the method that made the model of all samples: what its command takes as --options. */
  readonly options: Options;
  /** null without test samples. */
  readonly test: TestReport | null;
  /** That trials took, and the epochs (or calibration samples) of all together. */
  readonly seconds: number;
  readonly spent: number;
}

export function reportOf({ number, values, status, bracket, points, failure }: Trial): TrialReport {
  const last = points.at(-1);
  return {
    trial: number,
    values,
    status,
    bracket,
    budget: last?.budget ?? 0,
    accuracy: last?.accuracy ?? null,
    loss: last?.loss ?? null,
    curve: [...points],
    seconds: points.reduce((sum, { seconds }) => sum + seconds, 0),
    failure: failure ?? null,
  };
}

/** What tuning was worth, of the answers to the same samples in the same order. */
export function testReport(tuned: readonly boolean[], defaults: readonly boolean[]): TestReport {
  const judged = (answers: readonly boolean[]): Judged => {
    const right = answers.filter(Boolean).length;
    return { right, accuracy: right / answers.length, interval: wilsonInterval(right, answers.length) };
  };
  const only = (here: readonly boolean[], there: readonly boolean[]): number =>
    here.filter((right, i) => right && !there[i]).length;
  const [tunedOnly, defaultsOnly] = [only(tuned, defaults), only(defaults, tuned)];
  return {
    samples: tuned.length,
    tuned: judged(tuned),
    defaults: judged(defaults),
    tunedOnly,
    defaultsOnly,
    probability: mcNemarTest({ firstOnly: tunedOnly, secondOnly: defaultsOnly }),
  };
}
