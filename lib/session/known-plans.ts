// The plans that a session has made or was given: another one for the same input types, for bound buffers or for a run beside
// another, needs the graph no more.
import type { Plan } from '../run/plan.js';
import { maxPlans, type PlanStore } from '../run/plan-store.js';
import { describePlan, isWhole, restorePlan, type StoredPlan } from './stored-plan.js';

export interface KnownPlan {
  readonly plan: Plan;
  readonly description: StoredPlan;
}

/** Plans of a session, those of graphs inside others included. */
const maxKnown = 64;

export class KnownPlans implements PlanStore {
  protected readonly plans = new Map<string, KnownPlan>();
  /** Keys of plans that came since the last keep(). */
  protected added: string[] = [];
  #begun = false;
  #withdrawn = false;
  #letGo: (() => void) | undefined;

  /** From now on plans keep nothing of the graph, and `letGo` is called when the first run has ended and whenever one has that made
   *  a plan; never again once there is a plan that needs the graph. */
  letGoBy(letGo: () => void): void {
    this.#letGo = letGo;
  }

  find(place: readonly string[]): Plan | undefined {
    return this.#withdrawn ? undefined : this.plans.get(keyOf(place))?.plan;
  }

  add(place: readonly string[], plan: Plan): Plan {
    const key = keyOf(place);
    const description = this.plans.has(key) || !this.#hasRoom(place) ? undefined : describePlan(key, plan);
    if (description === undefined || !isWhole(plan)) this.#letGo = undefined;
    if (description === undefined) return plan;
    const kept = this.#letGo === undefined ? plan : restorePlan(description, plan.program);
    this.plans.set(key, { plan: kept, description });
    this.added.push(key);
    return kept;
  }

  keep(): void {
    if (this.added.length === 0 && this.#begun) return;
    this.#begun = true;
    this.added = [];
    this.#letGo?.();
  }

  withdraw(): void {
    this.#withdrawn = true;
  }

  discard(): void {
    this.plans.clear();
    this.added = [];
  }

  #hasRoom([outermost, ...inner]: readonly string[]): boolean {
    if (inner.length > 0) return this.plans.size < maxKnown && this.plans.has(keyOf([outermost!]));
    return [...this.plans.keys()].filter((key) => placeOf(key).length === 1).length < maxPlans;
  }
}

const keyOf = (place: readonly string[]): string => JSON.stringify(place);
const placeOf = (key: string): readonly string[] => JSON.parse(key) as readonly string[];
