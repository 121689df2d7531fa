// The model of a session: loaded when a plan has to be made that is not known, and let go when the plans that were made do without
// it. Its bytes must then still be those that it was first loaded, or its cache found, by.
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { prepareForRun } from '../passes/pipeline.js';
import { native } from '../run/native.js';
import type { CachePlace } from './cache-place.js';
import { KnownPlans } from './known-plans.js';
import { freeBuffer, type ModelSource } from './model-source.js';
import type { CheckedOptions } from './options.js';
import { PlanCache } from './plan-cache.js';

export interface HeldModel {
  readonly graph: () => Graph;
  readonly plans: KnownPlans;
  /** `plans`, when they are kept in a file; undefined too when the model cannot have one: its data lies in other files too. */
  readonly cache: PlanCache | undefined;
  /** Ends the wish for a graph that is not loaded. */
  readonly close: () => void;
}

/** Throws what Model.load() throws. */
export function holdModel(
  source: ModelSource,
  place: CachePlace | undefined,
  { optimize }: Pick<CheckedOptions, 'optimize'>,
): HeldModel {
  const close = (): void => source.close();
  let graph: Graph | undefined;
  let loads = 0;
  const keep = (model: Model): Graph => {
    graph = optimize ? prepareForRun(model.graph) : model.graph;
    // What was needed a second time will be needed again.
    if (++loads > 1 || !model.selfContained) close();
    return graph;
  };
  const letGo = (): void => {
    if (graph !== undefined && source.isOpen) {
      source.letGo();
      for (const { data } of graph.constants.values()) if (ArrayBuffer.isView(data)) freeBuffer(data.buffer);
      graph = undefined;
    }
    // To load code and to rewrite graphs takes more memory for a moment than to run them does ever after.
    native().trim();
  };
  const load = (): Graph => graph ?? keep(source.load());
  try {
    const cache = place && new PlanCache(place, { digest: source.digest(), optimize });
    if (cache?.signature === undefined) {
      const model = source.load();
      keep(model);
      if (!model.selfContained) return { graph: load, plans: new KnownPlans(), cache: undefined, close };
    }
    const plans = cache ?? new KnownPlans();
    if (source.isOpen) plans.letGoBy(letGo);
    return { graph: load, plans, cache, close };
  } catch (error) {
    close();
    throw error;
  }
}
