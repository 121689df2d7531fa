// The contract of a method whose options are tuned: one method, one line in methods.ts.
import type { z } from 'zod';
import type { Model } from '../../model/model.js';
import type { Options } from './apply.js';
import type { SpaceInput } from './parse-space.js';
import type { LabelledSamples, Samples } from './samples.js';

/** How good a trial is after a part of its budget. */
export interface Reached {
  readonly budget: number;
  /** Share of right answers, and mean of -log p of the label, on the validation samples. */
  readonly accuracy: number;
  readonly loss: number;
}

export interface Point extends Reached {
  /** That it took since the point before, judging included. */
  readonly seconds: number;
}

export interface Assignment {
  readonly model: Model;
  readonly options: Options;
  readonly data: Samples;
  /** null: nobody asks how good it is. */
  readonly validation: LabelledSamples | null;
  readonly teacher: Model | readonly Model[] | 'self' | undefined;
  /** The whole budget, and how much of it is spent before the trial is put aside. */
  readonly budget: number;
  readonly until: number;
  readonly seed: number;
  readonly threads: number;
  /** Where a trial that is put aside is kept, to be continued from there; null: nowhere. */
  readonly checkpoint: string | null;
  readonly tell: (reached: Reached) => void;
  readonly signal: AbortSignal | undefined;
}

export interface TunedMethod {
  readonly name: string;
  /** What the budget counts: epochs, or calibration samples. */
  readonly unit: 'epochs' | 'samples';
  readonly defaultBudget: number;
  /** All options of the method; unknown keys are errors. */
  readonly schema: z.ZodType;
  /** Options that a search decides itself: they are neither tuned nor given. */
  readonly reserved: readonly string[];
  /** What is tuned when nothing else is said. */
  readonly space: SpaceInput;
  readonly takesTeacher: boolean;
  /** Spends the budget up to `until`. The model, where that is the whole budget. */
  run(assignment: Assignment): Promise<Model | null>;
}
