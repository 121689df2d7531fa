// The contract of a pass: one rewrite of a graph, pure, in a file of its own, listed in pipeline.ts.
import type { Graph } from '../graph/graph.js';

export interface Pass {
  readonly name: string;
  /** What it does, as `before -> after`. */
  readonly summary: string;
  /** Where the rewrite comes from, or why it is right. */
  readonly source: string;
  /** Operators (opKey) without all of which there is nothing to do: a graph that has none of them is left alone. Absent: the
   *  pass may find something in any graph. */
  readonly needs?: readonly string[];
  readonly run: (graph: Graph) => Graph;
}
