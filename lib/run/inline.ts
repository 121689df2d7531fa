// Inliner: the body of a control-flow node as nodes of the graph around it.
import { expected, KompaktError } from '../errors.js';
import type { Graph, Node } from '../graph/graph.js';
import { Names } from '../graph/names.js';
import { collectNames, renameInNode } from '../graph/uses.js';
import type { TensorValue } from '../tensor/tensor.js';

export interface Inlined {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, TensorValue>;
}

export class Inliner {
  private names: Names | undefined;

  /** `outer`: further names that fresh ones must avoid. */
  constructor(
    private readonly graph: Graph,
    private readonly outer: Iterable<string> = [],
  ) {}

  /** `body` has no inputs. What it defines gets fresh names: branches of several nodes may use the same ones. */
  inline(node: Node, body: Graph): Inlined {
    if (node.outputs.length > body.outputs.length)
      throw new KompaktError(
        'KPT_GRAPH_INVALID',
        expected(
          `${node.outputs.length} outputs`,
          `a body of ${node.op} node '${node.name}'`,
          body.outputs.length,
        ),
      );
    const fresh = new Map<string, string>();
    const define = (name: string): void => {
      if (name !== '' && !fresh.has(name)) fresh.set(name, this.freshName(`${node.name}/${name}`));
    };
    for (const name of body.constants.keys()) define(name);
    // What a node of the body makes is what the node makes; what comes from elsewhere keeps its name.
    const made = new Set(body.nodes.flatMap(({ outputs }) => outputs));
    const direct = node.outputs.map((output, i) => {
      const { name } = body.outputs[i]!;
      const takes = output !== '' && made.has(name) && !fresh.has(name);
      if (takes) fresh.set(name, output);
      return takes;
    });
    for (const { outputs } of body.nodes) outputs.forEach(define);
    const rename = (name: string): string => fresh.get(name) ?? name;
    const nodes = body.nodes.map((inner) => ({
      ...renameInNode(inner, rename),
      name: this.freshName(`${node.name}/${inner.name}`),
      outputs: inner.outputs.map(rename),
    }));
    for (const [i, output] of node.outputs.entries())
      if (output !== '' && !direct[i])
        nodes.push({
          name: this.freshName(`${node.name}/output`),
          op: 'Identity',
          domain: '',
          inputs: [rename(body.outputs[i]!.name)],
          outputs: [output],
          attributes: {},
        });
    return { nodes, constants: new Map([...body.constants].map(([name, value]) => [rename(name), value])) };
  }

  private freshName(hint: string): string {
    if (this.names === undefined) {
      const taken = new Set(this.outer);
      collectNames(this.graph, taken);
      this.names = new Names(taken);
    }
    return this.names.fresh(hint);
  }
}
