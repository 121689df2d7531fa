// Types of all values of a graph for one set of input shapes, as far as they follow from shapes.
import type { Graph, Node } from '../../graph/graph.js';
import { NeedsData, type TensorType, typeOf } from '../../ops/op.js';
import { type Fact, inferNode } from '../../run/inference.js';
import type { Dims } from '../../tensor/shape.js';

export interface GraphFacts {
  readonly of: (name: string) => Fact | undefined;
  /** Nodes that are computed before the model runs: arithmetic with shapes. */
  readonly known: ReadonlySet<Node>;
}

/** `shapes`: dims of the inputs. `failed` is told of a node that does not fit its inputs; without it the error is thrown. */
export function factsOf(
  graph: Graph,
  shapes: ReadonlyMap<string, Dims>,
  failed?: (node: Node) => void,
): GraphFacts {
  const facts = new Map<string, Fact>();
  for (const [name, value] of graph.constants) facts.set(name, { type: typeOf(value), value });
  for (const { name, dtype } of graph.inputs) {
    const type: TensorType = { dtype, dims: shapes.get(name)! };
    facts.set(name, { type });
  }
  const of = (name: string): Fact | undefined => facts.get(name);
  const known = new Set<Node>();
  for (const node of graph.nodes) {
    if (node.inputs.some((name) => name !== '' && !facts.has(name))) continue;
    try {
      if (inferNode(graph, node, of, (name, fact) => facts.set(name, fact))) known.add(node);
    } catch (error) {
      if (error instanceof NeedsData) continue;
      if (failed === undefined) throw error;
      failed(node);
    }
  }
  return { of, known };
}

/** Sizes of the inputs where the model leaves them open: one image, three colours, the size of a photo. */
export function shapesOf(
  { inputs }: Graph,
  given: Readonly<Record<string, Dims>>,
): ReadonlyMap<string, Dims> {
  const guess = (rank: number, axis: number): number => {
    if (axis === 0) return 1;
    if (rank !== 4) return 128;
    return axis === 1 ? 3 : 224;
  };
  return new Map(
    inputs.map(({ name, dims }) => {
      const declared = dims ?? [];
      const guessed = declared.map((d, axis) => (typeof d === 'number' ? d : guess(declared.length, axis)));
      return [name, given[name] ?? guessed];
    }),
  );
}
