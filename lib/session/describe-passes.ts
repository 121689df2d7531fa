// What the passes make of a model before it is planned: which of them changed the graph, and by how much.
import type { Model } from '../model/model.js';
import { requireModel } from '../model/require-model.js';
import { runPasses, runPipeline } from '../passes/pipeline.js';

export interface PassEffect {
  readonly name: string;
  /** What the pass does, as `before -> after`. */
  readonly summary: string;
  /** Nodes of the main graph. */
  readonly nodesBefore: number;
  readonly nodesAfter: number;
}

/** The passes that change the model, in the order in which they run. */
export function describePasses(model: Model): readonly PassEffect[] {
  requireModel(model, 'the model of describePasses');
  const effects: PassEffect[] = [];
  runPipeline(runPasses, model.graph, ({ name, summary }, before, after) => {
    if (after !== before)
      effects.push({ name, summary, nodesBefore: before.nodes.length, nodesAfter: after.nodes.length });
  });
  return effects;
}
