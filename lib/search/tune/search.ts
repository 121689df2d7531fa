// The search: brackets of trials that are proposed one after the other, run up to rungs, and given up or continued. All it does
// follows from the seed and from what trials came to; time only ends it.
import { type ErrorCode, isKompaktError, KompaktError } from '../../errors.js';
import { randomFor } from '../../train/seeds.js';
import type { Journal } from './journal.js';
import type { Point, Reached } from './method.js';
import type { Proposer } from './proposers/proposer.js';
import type { Bracket } from './rungs/plan.js';
import { countOf, type Space, type Values } from './space.js';
import { costOf, type Objective, Trial } from './trial.js';

export interface SearchOptions {
  readonly space: Space;
  readonly proposer: Proposer;
  readonly brackets: readonly Bracket[];
  readonly seed: number;
  readonly objective: Objective;
  /** Seconds that the search may take, with what the trials of the journal took. */
  readonly seconds: number;
  readonly journal: Journal;
  /** Runs a trial up to a budget, from where it was put aside. */
  readonly run: (
    trial: Trial,
    until: number,
    tell: (reached: Reached) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Called when a trial will not go on. */
  readonly drop: (trial: Trial) => Promise<void>;
  readonly onTrial?: (trial: Trial) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Failures that are the fault of a trial's values. All others are those of the data, the machine or the program. */
const failures: readonly ErrorCode[] = [
  'KPT_OPTION_INVALID',
  'KPT_TRAINING_DIVERGED',
  'KPT_NOT_DIFFERENTIABLE',
  'KPT_CALIBRATION_VALUES',
  'KPT_TOO_LARGE',
];

/** Draws that may repeat an earlier trial before the space is taken to be used up. */
const draws = 200;

export async function search(options: SearchOptions): Promise<readonly Trial[]> {
  const under = new Search(options);
  await under.go();
  return under.trials;
}

class Search {
  readonly trials: Trial[] = [];
  readonly #options: SearchOptions;
  readonly #begun = performance.now();
  readonly #spentBefore: number;
  #outOfTime = false;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#spentBefore = options.journal.seconds;
  }

  async go(): Promise<void> {
    for (const [index, bracket] of this.#options.brackets.entries()) {
      let going: Trial[] = [];
      for (let i = 0; i < bracket.trials && !this.#outOfTime; i++) {
        const trial = this.#next(index);
        if (trial === undefined) break;
        going.push(trial);
        await this.#advance(trial, bracket.rungs[0]!.budget);
      }
      for (const [rung, { budget }] of bracket.rungs.entries()) {
        if (rung > 0) for (const trial of going) await this.#advance(trial, budget);
        if (this.#outOfTime) return;
        const next = bracket.rungs[rung + 1];
        const ranked = going
          .filter(({ failure }) => failure === undefined)
          .toSorted((a, b) => a.costs.get(budget)! - b.costs.get(budget)! || a.number - b.number);
        going = ranked.slice(0, next?.trials ?? 0);
        for (const trial of ranked)
          if (!going.includes(trial)) {
            trial.status = next === undefined ? 'finished' : 'pruned';
            await this.#options.drop(trial);
            this.#options.onTrial?.(trial);
          }
      }
    }
  }

  /** A trial that no other is like; undefined when there is none left. The first tries the defaults. */
  #next(bracket: number): Trial | undefined {
    const { space, proposer, seed, journal } = this.#options;
    const number = this.trials.length;
    const random = randomFor(seed, 'trials', number);
    const seen = this.trials
      .filter((trial) => trial.number > 0)
      .map(({ values, costs }) => ({ values, costs }));
    const known = new Set(this.trials.map(({ values }) => textOf(values)));
    const finite = space.every((parameter) => Number.isFinite(countOf(parameter)));
    let values: Values = {};
    for (let draw = 0; number > 0; draw++) {
      if (draw === draws) return undefined;
      // A space of few values is gone through at random when what is proposed was tried.
      values = proposer.propose(space, draw < draws / 2 ? seen : [], random);
      if (!finite || !known.has(textOf(values))) break;
    }
    journal.begin(number, values);
    const trial = new Trial(number, bracket, values);
    this.trials.push(trial);
    return trial;
  }

  async #advance(trial: Trial, until: number): Promise<void> {
    const { journal, objective } = this.#options;
    if (this.#outOfTime || trial.failure !== undefined) return;
    const known = journal.of(trial.number);
    const take = (point: Point): void => {
      trial.points.push(point);
      trial.costs.set(point.budget, costOf(point, objective));
    };
    for (const point of known.points.slice(trial.points.length)) if (point.budget <= until) take(point);
    if (!trial.costs.has(until) && known.failure === undefined) {
      let before = performance.now();
      const told = (reached: Reached): void => {
        if (trial.points.some(({ budget }) => budget >= reached.budget)) return;
        const now = performance.now();
        const point = { ...reached, seconds: (now - before) / 1000 };
        before = now;
        // JSON has no NaN, and nothing good comes of a trial that has.
        if (!Number.isFinite(point.loss))
          throw new KompaktError(
            'KPT_TRAINING_DIVERGED',
            `On the validation samples the loss is ${point.loss}.`,
          );
        journal.point(trial.number, point);
        take(point);
      };
      await this.#run(trial, until, told);
    }
    // A failure that the journal tells of may have come later than this rung.
    trial.failure = trial.costs.has(until) ? undefined : known.failure;
    if (trial.failure !== undefined) {
      trial.status = 'failed';
      // Nothing is known that could make it worse.
      trial.costs.set(until, Number.POSITIVE_INFINITY);
      await this.#options.drop(trial);
    }
    this.#options.onTrial?.(trial);
  }

  async #run(trial: Trial, until: number, tell: (reached: Reached) => void): Promise<void> {
    const { seconds, signal, journal } = this.#options;
    const spent = this.#spentBefore + (performance.now() - this.#begun) / 1000;
    if (spent >= seconds) {
      this.#outOfTime = true;
      return;
    }
    const deadline = new AbortController();
    const milliseconds = 1000 * (seconds - spent);
    // Timers hold 31 bits; a search that long needs none.
    const timer =
      milliseconds < 2 ** 31 ? setTimeout(() => deadline.abort(), milliseconds).unref() : undefined;
    try {
      await this.#options.run(
        trial,
        until,
        tell,
        signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal]),
      );
    } catch (error) {
      if (!isKompaktError(error)) throw error;
      if (error.code === 'KPT_ABORTED' && deadline.signal.aborted && !signal?.aborted) this.#outOfTime = true;
      else if (failures.includes(error.code))
        journal.failure(trial.number, { code: error.code, message: error.message });
      else throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The same text for the same values in any order. */
const textOf = (values: Values): string =>
  JSON.stringify(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
