// The contract of a pass: one rewrite of a graph, pure, in a file of its own, listed in pipeline.ts.
import type { Graph } from '../graph/graph.js';

export interface Pass {
  readonly name: string;
  /** What it does, as `before -> after`. */
  readonly summary: string;
  /** Where the rewrite comes from, or why it is right. */
  readonly source: string;
  readonly run: (graph: Graph) => Graph;
}
