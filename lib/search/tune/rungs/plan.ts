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
 *  the whole. Budgets are rounded to whole numbers, and rungs of equal budgets become one. */
export function bracketOf({ trials, budget, least, eta }: PlanSettings, rungs: number): Bracket {
  const list: { budget: number; trials: number }[] = [];
  for (let rung = 0; rung < rungs; rung++) {
    const here = Math.min(budget, Math.max(least, Math.round(budget / eta ** (rungs - 1 - rung))));
    const left = Math.max(1, Math.floor(trials / eta ** rung + 1e-9));
    if (list.at(-1)?.budget === here) list.pop();
    list.push({ budget: here, trials: left });
  }
  // What became of two rungs in one: nobody was given up before the first.
  list[0]!.trials = trials;
  return { trials, rungs: list };
}

/** Rungs from the whole budget down to the least, both included; budgets are whole numbers. */
export function rungCount({ budget, least, eta }: PlanSettings): number {
  let count = 1;
  while (Math.round(budget / eta ** count) >= least) count++;
  return count;
}
