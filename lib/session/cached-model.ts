// A model that is loaded only when its plan cache does not know the plan: then its bytes must still be those that the
// cache was found by.
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { prepareForRun } from '../passes/pipeline.js';
import type { CachePlace } from './cache-place.js';
import { ModelSource } from './model-source.js';
import type { CheckedOptions } from './options.js';
import { PlanCache } from './plan-cache.js';

export interface CachedModel {
  readonly graph: () => Graph;
  /** undefined when the model cannot have one: its data lies in other files too. */
  readonly cache: PlanCache | undefined;
  /** Ends the wish for a graph that is not loaded. */
  readonly close: () => void;
}

/** Throws what Model.load() throws. */
export function cachedModel(
  given: string | Uint8Array,
  place: CachePlace,
  { optimize }: Pick<CheckedOptions, 'optimize'>,
): CachedModel {
  const source = new ModelSource(given);
  const close = (): void => source.close();
  let graph: Graph | undefined;
  const keep = (model: Model): Graph => {
    graph = optimize ? prepareForRun(model.graph) : model.graph;
    close();
    return graph;
  };
  const load = (): Graph => graph ?? keep(source.load());
  try {
    const cache = new PlanCache(place, { digest: source.digest, optimize });
    if (cache.signature !== undefined) return { graph: load, cache, close };
    const model = source.load();
    keep(model);
    return { graph: load, cache: model.selfContained ? cache : undefined, close };
  } catch (error) {
    close();
    throw error;
  }
}
