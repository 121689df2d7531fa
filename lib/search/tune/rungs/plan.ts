// The contract of what decides how long trials go on: one published way, one file, one line in index.ts.

/** Trials that begin together; after each rung only the best go on to the next. */
export interface Bracket {
  readonly trials: number;
  /** From the least budget to the whole; `trials` of a rung get that far. */
  readonly rungs: readonly { readonly budget: number; readonly trials: number }[];
}

export interface PlanSettings {
  readonly trials: number;
  /** Epochs (or calibration samples) of a trial that is not given up. */
  readonly budget: number;
  /** Least budget after which a trial may be given up. */
  readonly least: number;
  /** One in so many goes on. */
  readonly eta: number;
}

export interface RungPlan {
  readonly name: string;
  readonly summary: string;
  brackets(settings: PlanSettings): readonly Bracket[];
}

/** A bracket of successive halving (Jamieson & Talwalkar 2016, algorithm 1): `rungs` budgets, each `eta` times the one before, up to
 *  the whole; at most as many as rungCount says. */
export function bracketOf({ trials, budget, eta }: PlanSettings, rungs: number): Bracket {
  const list = Array.from({ length: rungs }, (_, rung) => ({
    budget: budgetAt(budget, eta, rungs - 1 - rung),
    trials: Math.max(1, Math.floor(trials / eta ** rung + 1e-9)),
  }));
  return { trials, rungs: list };
}

/** Rungs from the whole budget down to the least, both included: s_max + 1 of Hyperband (Li et al. 2018), but of budgets in whole
 *  numbers. One that is rounded to the budget of the rung above is none: with eta 2, 8 epochs have rungs of 8, 4, 2 and 1, and half an
 *  epoch, rounded, is no fifth. */
export function rungCount({ budget, least, eta }: PlanSettings): number {
  let count = 1;
  for (let above = budget; ; count++) {
    const here = budgetAt(budget, eta, count);
    if (here < least || here === above) return count;
    above = here;
  }
}

/** So many rungs below the whole, in whole epochs or samples. */
const budgetAt = (whole: number, eta: number, below: number): number => Math.round(whole / eta ** below);
