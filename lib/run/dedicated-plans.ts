// Plans of bound buffers, which nobody but their holder runs or evicts.
import { type ReadyPlan, releasePlan } from './ready-plan.js';

export interface DedicatedPlan extends ReadyPlan {
  /** What was bound to it; undefined before that, and again once the plan is released. */
  step: (() => number | undefined) | undefined;
}

/** Known, but not kept: a plan whose holder has forgotten it goes as any object does. */
export class DedicatedPlans {
  readonly #references = new Set<WeakRef<DedicatedPlan>>();

  add(ready: ReadyPlan): DedicatedPlan {
    const dedicated = { ...ready, step: undefined };
    this.#references.add(new WeakRef(dedicated));
    return dedicated;
  }

  *[Symbol.iterator](): Generator<DedicatedPlan> {
    for (const reference of this.#references) {
      const ready = reference.deref();
      if (ready === undefined) this.#references.delete(reference);
      else yield ready;
    }
  }

  release(): void {
    for (const ready of this) {
      releasePlan(ready);
      // A bound step has a share in the memory, and its holder need not let go of it.
      ready.step = undefined;
    }
    this.#references.clear();
  }
}
