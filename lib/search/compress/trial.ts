// A trial: a recipe that was carried out, what was measured of it, and how it stands to the budget.
import type { Breach } from './lines.js';
import type { Measures } from './measures.js';
import type { Recipe } from './recipe.js';

/** What a trial found, as the journal keeps it. */
export type Finding =
  | {
      readonly measures: Measures;
      readonly sha256: string;
      readonly seconds: number;
      readonly notes: readonly string[];
    }
  /** The recipe could not be carried out. */
  | { readonly failure: { readonly code: string; readonly message: string }; readonly seconds: number };

export interface Trial {
  /** Counted from 1; 0 is the original as it is. */
  readonly number: number;
  /** Name of the strategy. */
  readonly strategy: string;
  readonly recipe: Recipe;
  /** The recipe in words. */
  readonly what: string;
  /** Why it was tried. */
  readonly why: string;
  /** null where the recipe could not be carried out; `failure` says why. */
  readonly measures: Measures | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** SHA-256 of the file that it made; null where it made none. */
  readonly sha256: string | null;
  /** What training has to say of it: that its rate was lowered, or that the model is as it was before. */
  readonly notes: readonly string[];
  /** The lines of the budget that it breaks. */
  readonly breaches: readonly Breach[];
  readonly keeps: boolean;
  /** Read back from the journal. */
  readonly remembered: boolean;
  /** To make and to measure it. */
  readonly seconds: number;
}

/** A trial that was measured. */
export type Candidate = Trial & { readonly measures: Measures };

export const isCandidate = (trial: Trial): trial is Candidate => trial.measures !== null;
