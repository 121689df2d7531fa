// Frames: graphs of which only the outside is in memory. Whoever asks for the inside gets GraphAbsent, and has to load the
// model.
import type { Graph, ValueInfo } from './graph.js';
import { capturesOf, declareCaptures } from './uses.js';

/** What is known of a graph without its nodes and constants; plain data. */
export interface Frame {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly opsets: Readonly<Record<string, number>>;
  /** Values of the graphs around it that it uses. */
  readonly captures: readonly string[];
}

/** Thrown where nodes or constants of a frame are wanted. */
export class GraphAbsent extends Error {
  constructor(name: string) {
    super(`Only the frame of graph '${name}' is in memory.`);
  }
}

export const frameOf = (graph: Graph): Frame => ({
  name: graph.name,
  inputs: graph.inputs,
  outputs: graph.outputs,
  opsets: graph.opsets,
  captures: capturesOf(graph),
});

export function graphOfFrame({ name, inputs, outputs, opsets, captures }: Frame): Graph {
  const graph: Graph = {
    name,
    inputs,
    outputs,
    opsets,
    get nodes(): never {
      throw new GraphAbsent(name);
    },
    get constants(): never {
      throw new GraphAbsent(name);
    },
  };
  declareCaptures(graph, captures);
  return Object.freeze(graph);
}
