// Goes through the strategies in the order of their cost, makes and measures what they propose, and ends when time is up, when
// the first candidate keeps the budget (if that is enough), or when no strategy has more to propose.
import { isKompaktError, type KompaktError } from '../../errors.js';
import type { Model } from '../../model/model.js';
import type { TrainingEvent } from '../../train/events.js';
import { type Kitchen, keyOf } from './apply-recipe.js';
import type { Objective } from './choose.js';
import type { Journal } from './journal.js';
import { breachesOf, type Line } from './lines.js';
import type { Meter } from './measure.js';
import { type HeldOut, parseRecipe, type Recipe } from './recipe.js';
import { recipeWords } from './recipe-words.js';
import type { Shelf } from './shelf.js';
import type { Findings, Proposal, Strategy, StrategySettings } from './strategies/strategy.js';
import { type Candidate, type Finding, isCandidate, type Trial } from './trial.js';
import { layersOf } from './weighted-layers.js';

/** What a search tells while it goes on. */
export type SearchEvent =
  | {
      readonly event: 'trial';
      readonly number: number;
      readonly strategy: string;
      readonly what: string;
      readonly why: string;
      /** Of the time that the search may take; null when it may take any. */
      readonly secondsLeft: number | null;
    }
  | { readonly event: 'training'; readonly number: number; readonly training: TrainingEvent }
  | { readonly event: 'measured'; readonly trial: Trial }
  | ({ readonly event: 'skip' } & Skipped);

/** What was not tried. */
export interface Skipped {
  readonly strategy: string;
  readonly what: string;
  readonly why: string;
}

export interface SearchOptions {
  readonly original: Model;
  readonly kitchen: Kitchen;
  readonly meter: Meter;
  readonly journal: Journal;
  readonly shelf: Shelf;
  readonly lines: readonly Line[];
  readonly objective: Objective;
  readonly strategies: readonly Strategy[];
  /** Why a strategy is not to be asked; undefined when it is. */
  readonly barred: (strategy: Strategy) => string | undefined;
  readonly settings: StrategySettings;
  readonly heldOut: HeldOut | null;
  /** Ends with the first candidate that keeps the budget. */
  readonly first: boolean;
  /** Seconds that the search may take; null for any. */
  readonly seconds: number | null;
  readonly onEvent?: (event: SearchEvent) => void;
  readonly signal?: AbortSignal;
}

const timeUp = 'the time was up';
/** Milliseconds: Node takes a longer time for 1 ms, or refuses it. No trial takes these 25 days. */
const longestTimer = 2 ** 31 - 1;

export class Search {
  readonly trials: Trial[] = [];
  readonly skipped: Skipped[] = [];
  readonly #begun = performance.now();
  /** Of the trial under way; the original has none. */
  #number = 0;

  constructor(private readonly options: SearchOptions) {}

  async run(): Promise<void> {
    await this.#original();
    const { strategies, barred } = this.options;
    for (const strategy of strategies) {
      const why = this.#done() ?? barred(strategy);
      if (why !== undefined) this.#skip(strategy, strategy.summary, why);
      else await this.#explore(strategy);
    }
  }

  /** To be told of training in the trial under way. */
  trained(training: TrainingEvent): void {
    this.options.onEvent?.({ event: 'training', number: this.#number, training });
  }

  async #explore(strategy: Strategy): Promise<void> {
    const proposals = strategy.explore(this.#findings(strategy));
    let next = proposals.next();
    while (!next.done) {
      const trial = await this.#try(strategy, next.value);
      if (trial === undefined) return;
      const over = this.#done();
      next = proposals.next(trial);
      if (over !== undefined && !next.done) {
        this.#skip(strategy, recipeWords(this.#recipe(next.value.steps)), over);
        return;
      }
    }
  }

  /** The candidate that keeps the budget, where one is enough, or the end of the time: why nothing more is tried. */
  #done(): string | undefined {
    const { first } = this.options;
    const found = first ? this.trials.find(({ number, keeps }) => number > 0 && keeps) : undefined;
    if (found !== undefined) return `trial ${found.number} keeps the budget`;
    return this.#secondsLeft() === 0 ? timeUp : undefined;
  }

  #secondsLeft(): number | null {
    const { seconds } = this.options;
    return seconds === null ? null : Math.max(0, seconds - (performance.now() - this.#begun) / 1000);
  }

  #findings(strategy: Strategy): Findings {
    const { lines, objective, settings, original } = this.options;
    const { trials } = this;
    return {
      get candidates() {
        return trials.filter(isCandidate);
      },
      limits: new Set(lines.map(({ resource }) => resource)),
      objective,
      excess: ({ measures }: Candidate, resource) =>
        Math.max(
          0,
          ...lines.filter((line) => line.resource === resource).map((line) => line.excess(measures)),
        ),
      layers: layersOf(original.graph),
      settings,
      skip: (what, why) => this.#skip(strategy, what, why),
    };
  }

  #skip({ name }: Strategy, what: string, why: string): void {
    const skipped = { strategy: name, what, why };
    this.skipped.push(skipped);
    this.options.onEvent?.({ event: 'skip', ...skipped });
  }

  #recipe(steps: Proposal['steps']): Recipe {
    return parseRecipe({ steps, heldOut: this.options.heldOut });
  }

  async #original(): Promise<void> {
    const { meter, journal } = this.options;
    const recipe = this.#recipe([]);
    const key = keyOf(recipe);
    const known = journal.find(key);
    const finding = known ?? (await meter.original());
    if (known === undefined) journal.add(key, recipeWords(recipe), finding);
    this.#record('original', recipe, 'the measure of all others', finding, known !== undefined);
  }

  /** Makes and measures what is proposed, or recalls it; undefined when the time ended it. */
  async #try({ name }: Strategy, { steps, why }: Proposal): Promise<Trial | undefined> {
    const { journal, shelf, onEvent, signal } = this.options;
    const recipe = this.#recipe(steps);
    const key = keyOf(recipe);
    const what = recipeWords(recipe);
    const before = this.trials.find((trial) => keyOf(trial.recipe) === key);
    if (before !== undefined) return before;
    this.#number = this.trials.length;
    const left = this.#secondsLeft();
    onEvent?.({ event: 'trial', number: this.#number, strategy: name, what, why, secondsLeft: left });
    const known = journal.find(key);
    if (known !== undefined && ('failure' in known || (await shelf.has(known.sha256))))
      return this.#record(name, recipe, why, known, true);
    const deadline =
      left === null ? undefined : AbortSignal.timeout(Math.min(Math.ceil(1000 * left), longestTimer));
    const ends = [deadline, signal].filter((one) => one !== undefined);
    try {
      const finding = await this.#make(recipe, ends.length === 0 ? undefined : AbortSignal.any(ends));
      journal.add(key, what, finding);
      return this.#record(name, recipe, why, finding, false);
    } catch (error) {
      if (!deadline?.aborted || signal?.aborted) throw error;
      const skipped = { strategy: name, what, why: `${timeUp} before it was finished` };
      this.skipped.push(skipped);
      onEvent?.({ event: 'skip', ...skipped });
      return undefined;
    }
  }

  async #make(recipe: Recipe, signal: AbortSignal | undefined): Promise<Finding> {
    const { kitchen, meter, shelf } = this.options;
    const begun = performance.now();
    const since = (): number => (performance.now() - begun) / 1000;
    try {
      const { model, notes } = await kitchen.make(recipe, signal);
      const { measures, file, sha256 } = await meter.measure(model, signal);
      await shelf.put(sha256, file);
      return { measures, sha256, notes, seconds: since() };
    } catch (error) {
      if (!isFailure(error)) throw error;
      return { failure: { code: error.code, message: error.message }, seconds: since() };
    }
  }

  #record(strategy: string, recipe: Recipe, why: string, finding: Finding, remembered: boolean): Trial {
    const made = 'measures' in finding ? finding : undefined;
    const breaches = made === undefined ? [] : breachesOf(this.options.lines, made.measures);
    const trial: Trial = {
      number: this.trials.length,
      strategy,
      recipe,
      what: recipeWords(recipe),
      why,
      measures: made?.measures ?? null,
      failure: 'failure' in finding ? finding.failure : null,
      sha256: made?.sha256 ?? null,
      notes: made?.notes ?? [],
      breaches,
      keeps: made !== undefined && breaches.length === 0,
      remembered,
      seconds: finding.seconds,
    };
    this.trials.push(trial);
    this.options.onEvent?.({ event: 'measured', trial });
    return trial;
  }
}

/** A recipe that does not suit the model or the samples is a result too; what is wrong with the run is not. */
const failures = new Set([
  'KPT_CALIBRATION_VALUES',
  'KPT_NOT_DIFFERENTIABLE',
  'KPT_ONNX_UNSUPPORTED',
  'KPT_OPTION_INVALID',
  'KPT_SHAPE_MISMATCH',
  'KPT_TOO_LARGE',
  'KPT_TRAINING_DIVERGED',
  'KPT_TYPE_MISMATCH',
]);

const isFailure = (error: unknown): error is KompaktError =>
  isKompaktError(error) && failures.has((error as KompaktError).code);
