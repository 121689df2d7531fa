// The contract of a strategy: one way to make a model smaller or faster, which says what to try next by what was found so far.

import type { Objective } from '../choose.js';
import type { Resource } from '../lines.js';
import type { StepOptions } from '../recipe.js';
import type { Candidate, Trial } from '../trial.js';
import type { LayerFacts } from '../weighted-layers.js';

/** A recipe worth trying. */
export interface Proposal {
  readonly steps: StepOptions[];
  readonly why: string;
}

/** What a strategy knows when it decides. */
export interface Findings {
  /** Those that were measured, in order; the first is the original. */
  readonly candidates: readonly Candidate[];
  /** Lines of the budget by what they limit; one that limits nothing is absent. */
  readonly limits: ReadonlySet<Resource>;
  readonly objective: Objective;
  /** How far the lines of one kind are from being kept, as a share of what they allow; 0 when they are. */
  readonly excess: (candidate: Candidate, resource: Resource) => number;
  /** Layers of the original with weights. */
  readonly layers: readonly LayerFacts[];
  readonly settings: StrategySettings;
  /** Remembers for the report what is not tried. */
  readonly skip: (what: string, why: string) => void;
}

/** What the recipes of all strategies have in common. */
export interface StrategySettings {
  /** Samples that calibrate. */
  readonly calibrationSamples: number;
  /** Epochs, batch and seed of every training. */
  readonly epochs: number;
  readonly batch: number;
  readonly seed: number;
  /** Whether samples have labels to learn from. */
  readonly labelled: boolean;
}

export interface Strategy {
  /** As in the option methods. */
  readonly name: string;
  readonly summary: string;
  /** Whether it learns from the samples, which takes many of them and time. */
  readonly trains: boolean;
  /** Proposes recipes one by one and is told how each came out; ends when nothing more is promising. */
  readonly explore: (findings: Findings) => Generator<Proposal, void, Trial>;
}
