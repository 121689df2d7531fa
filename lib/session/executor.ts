// Runs a graph on plain values: what calibration and comparison need of a session, without Tensors, names checks and
// queues. One run at a time.
import type { Graph } from '../graph/graph.js';
import { prepareForRun } from '../passes/pipeline.js';
import { Engine } from '../run/engine.js';
import { GraphRunner, type Values } from '../run/runner.js';

export class GraphExecutor {
  readonly #engine: Engine;
  readonly #runner: GraphRunner;

  /** `threads`: 0 for all usable CPUs. */
  constructor(graph: Graph, threads = 0) {
    this.#engine = new Engine(threads);
    this.#runner = new GraphRunner(prepareForRun(graph), this.#engine);
  }

  /** All outputs of the graph, by name. */
  run(feeds: Values): Promise<Values> {
    return this.#runner.run(feeds);
  }

  release(): void {
    this.#runner.release();
    this.#engine.release();
  }
}
