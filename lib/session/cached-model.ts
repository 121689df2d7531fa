// A model that is loaded only when its plan cache does not know the plan: then its bytes must still be those that the
// cache was found by.
import { readFileSync } from 'node:fs';
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { Model } from '../model/model.js';
import { prepareForRun } from '../passes/pipeline.js';
import { native } from '../run/native.js';
import type { CheckedOptions } from './options.js';
import { PlanCache } from './plan-cache.js';

export interface CachedModel {
  readonly graph: () => Graph;
  /** undefined when the model cannot have one: its data lies in other files too. */
  readonly cache: PlanCache | undefined;
}

/** Throws what Model.load() throws. */
export function cachedModel(source: string | Uint8Array, options: CheckedOptions): CachedModel {
  const digest = typeof source === 'string' ? native().digestFile(source) : native().digest(source);
  if (digest === undefined) throw unreadable(source);
  let graph: Graph | undefined;
  const keep = (model: Model): Graph => {
    graph = options.optimize ? prepareForRun(model.graph) : model.graph;
    return graph;
  };
  const load = (): Graph => graph ?? keep(loadUnchanged(source, digest));
  const cache = new PlanCache(options.planCache!, { digest, optimize: options.optimize });
  if (cache.signature !== undefined) return { graph: load, cache };
  const model = loadUnchanged(source, digest);
  keep(model);
  return { graph: load, cache: model.selfContained ? cache : undefined };
}

const unreadable = (path: string | Uint8Array): KompaktError =>
  new KompaktError('KPT_FILE_NOT_FOUND', `The file '${path}' cannot be read.`, { path });

function loadUnchanged(source: string | Uint8Array, digest: string): Model {
  const bytes = typeof source === 'string' ? readFileSync(source) : source;
  if (native().digest(bytes) !== digest)
    throw new KompaktError(
      'KPT_FILE_NOT_FOUND',
      'The model was changed while a session used it; create a new one.',
    );
  return typeof source === 'string' ? Model.fromFile(source, bytes) : Model.loadSync(bytes);
}
