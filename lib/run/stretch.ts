// Steps in a row, on the calling thread or on the one that a session has for them.
import { check, type NativePlan } from './native.js';
import type { ReadyPlan } from './ready-plan.js';

/** Runs steps [first, last) and notes how long that took. */
export function runHere({ native: plan, pace }: ReadyPlan, first: number, last: number): void {
  const start = performance.now();
  check(plan.run(first, last));
  pace.ran(performance.now() - start);
}

export function runNative(plan: NativePlan, first: number, last: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (failure?: string): void => {
      try {
        check(failure);
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    const failure = plan.runAsync(first, last, done);
    if (failure !== undefined) done(failure);
  });
}
