// Steps in a row, on the calling thread or on the one that a session has for them.
import { expected, KompaktError } from '../errors.js';
import { describeNode } from './inference.js';
import { check } from './native.js';
import type { ReadyPlan } from './ready-plan.js';

/** Throws what ended a run, if anything did; `failure` is what the addon said of it. */
export function checkRun({ native, plan }: ReadyPlan, failure: string | undefined): void {
  if (failure === undefined) return;
  const refusal = native.refusal();
  if (refusal === undefined) {
    check(failure);
    return;
  }
  const { step, what, value, low, high } = refusal;
  const owner = plan.owners[plan.stepNodes[step]!];
  const where = owner === undefined ? `step ${step}` : describeNode(owner);
  const wanted = low > high ? what : `${what} in [${low},${high}]`;
  throw new KompaktError('KPT_DATA_MALFORMED', expected(wanted, where, value));
}

/** The same of the number that a bound step has returned. */
export function checkStep(ready: ReadyPlan, status: number | undefined): void {
  if (status === undefined) return;
  if (status === 3) checkRun(ready, 'KPT_DATA_MALFORMED a tensor holds what a step cannot compute with');
  throw new KompaktError('KPT_BUFFER_INVALID', 'A bound buffer was detached or resized since it was bound.');
}

/** Runs steps [first, last) and notes how long that took. */
export function runHere(ready: ReadyPlan, first: number, last: number): void {
  const start = performance.now();
  checkRun(ready, ready.native.run(first, last));
  ready.pace.ran(performance.now() - start);
}

export function runNative(ready: ReadyPlan, first: number, last: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (failure?: string): void => {
      try {
        checkRun(ready, failure);
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    const failure = ready.native.runAsync(first, last, done);
    if (failure !== undefined) done(failure);
  });
}
