// What a runner asks of plans that outlive their graph: session/known-plans.ts has them for a session, session/plan-cache.ts for
// later processes too.
import type { Plan } from './plan.js';

/** Plans kept per runner. */
export const maxPlans = 8;

/** Plans that outlive their graph. A plan's place is its key; for one of a graph inside another it is the place of the plan
 *  around it, the name of what holds the graph, and the key. */
export interface PlanStore {
  /** A plan may hold graphs of which only the frame is there. */
  find(place: readonly string[]): Plan | undefined;
  /** Called with every plan that was made because find() knew none, when the engine has packed its weights. Returns the plan to run:
   *  perhaps one that keeps less. */
  add(place: readonly string[], plan: Plan): Plan;
  /** Called when a run has ended that may have added plans. */
  keep(): void;
  /** Called when a graph is needed that is not there: from now on find() knows nothing, but plans are kept. */
  withdraw(): void;
  /** Called when a plan of find() was refused; nothing of the store is used afterwards. */
  discard(): void;
}
