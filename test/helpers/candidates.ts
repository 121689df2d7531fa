// Candidates of a search with the measures that a test is about.

import type { Budget } from '../../lib/search/compress/budget.js';
import type { Objective } from '../../lib/search/compress/choose.js';
import { breachesOf, linesOf } from '../../lib/search/compress/lines.js';
import type { Measures } from '../../lib/search/compress/measures.js';
import { parseRecipe, type StepOptions } from '../../lib/search/compress/recipe.js';
import { recipeWords } from '../../lib/search/compress/recipe-words.js';
import type { Findings } from '../../lib/search/compress/strategies/strategy.js';
import type { Candidate, Trial } from '../../lib/search/compress/trial.js';
import type { LayerFacts } from '../../lib/search/compress/weighted-layers.js';

export interface Figures {
  /** Points. */
  readonly drop?: number;
  readonly speedUp?: number;
  /** Of a file that had 1000. */
  readonly bytes?: number;
  readonly deflated?: number;
}

/** Of 1000 samples, of which the original has 900 right; it takes 10 ms and 1000 bytes. */
export function measuresOf({ drop = 0, speedUp = 1, bytes = 1000, deflated = bytes }: Figures): Measures {
  const right = 900 - 10 * drop;
  return {
    accuracy: {
      samples: 1000,
      right,
      share: right / 1000,
      interval: { low: right / 1000 - 0.02, high: right / 1000 + 0.02 },
      drop,
      originalOnly: Math.max(0, 10 * drop),
      candidateOnly: Math.max(0, -10 * drop),
      p: 1,
      significant: false,
    },
    latency: { milliseconds: 10 / speedUp, originalMilliseconds: 10, speedUp, low: speedUp, high: speedUp },
    bytes: { file: bytes, deflated },
  };
}

export const original = measuresOf({});

/** Candidates with numbers, and what is known of them, for a budget. */
export class Bench {
  readonly candidates: Candidate[] = [];
  readonly skipped: (readonly [what: string, why: string])[] = [];
  readonly findings: Findings;
  readonly #lines;

  constructor(budget: Budget, objective: Objective = 'latency', layers: readonly LayerFacts[] = []) {
    const lines = linesOf(budget, original);
    this.#lines = lines;
    this.findings = {
      candidates: this.candidates,
      limits: new Set(lines.map(({ resource }) => resource)),
      objective,
      excess: ({ measures }, resource) =>
        Math.max(
          0,
          ...lines.filter((line) => line.resource === resource).map((line) => line.excess(measures)),
        ),
      layers,
      settings: { calibrationSamples: 50, epochs: 2, batch: 32, seed: 0, labelled: true },
      skip: (what, why) => this.skipped.push([what, why]),
    };
    this.add('original', [], {});
  }

  /** A recipe that cannot be carried out, which is no candidate. */
  fail(strategy: string, steps: StepOptions[], code: string): Trial {
    const failed = {
      measures: null,
      failure: { code, message: '' },
      sha256: null,
      breaches: [],
      keeps: false,
    };
    return { ...trialOf(strategy, steps), number: this.candidates.length, ...failed };
  }

  add(strategy: string, steps: StepOptions[], figures: Figures): Candidate {
    const measures = measuresOf(figures);
    const breaches = breachesOf(this.#lines, measures);
    const candidate: Candidate = {
      ...trialOf(strategy, steps),
      number: this.candidates.length,
      measures,
      failure: null,
      sha256: '',
      breaches,
      keeps: breaches.length === 0,
    };
    this.candidates.push(candidate);
    return candidate;
  }
}

function trialOf(
  strategy: string,
  steps: StepOptions[],
): Pick<Trial, 'strategy' | 'recipe' | 'what' | 'why' | 'notes' | 'remembered' | 'seconds'> {
  const recipe = parseRecipe({ steps });
  return { strategy, recipe, what: recipeWords(recipe), why: '', notes: [], remembered: false, seconds: 1 };
}
