// Gradient (ai.onnx.preview.training) in files and in memory. In a file it names values of the graph around it: what lies between
// `xs`, `zs` and `y` is the function that it differentiates, and its inputs are where. In memory that function is a body with
// inputs, so that no change to the graph around has to keep names in attributes right.
import { expected, KompaktError } from '../errors.js';
import { attr } from '../graph/attribute.js';
import { type Attribute, freezeGraph, type Graph, type Node } from '../graph/graph.js';
import type { Names } from '../graph/names.js';
import { producersOf, sortNodes } from '../graph/order.js';
import { mapSubgraphs, renameInNode, usesOf } from '../graph/uses.js';
import { graphAttr, stringAttr, stringsAttr } from '../ops/op.js';

export const isGradient = ({ op, domain }: Pick<Node, 'op' | 'domain'>): boolean =>
  op === 'Gradient' && domain === 'ai.onnx.preview.training';

/** A node of a file with the names in its attributes replaced. */
export const renameEnds = (node: Node, rename: (name: string) => string): Node => ({
  ...node,
  attributes: Object.fromEntries(
    Object.entries(node.attributes).map(([key, attribute]): [string, Attribute] => {
      if (attribute.type === 'string') return [key, attr.string(rename(attribute.value))];
      if (attribute.type === 'strings') return [key, attr.strings(attribute.value.map(rename))];
      return [key, attribute];
    }),
  ),
});

/** Highest order of derivatives: every one is some times as large as the one before. */
const maxOrder = 4;

/** A Gradient node with its body, the nodes in it at all depths, and the order of the derivative. */
interface Closed {
  readonly node: Node;
  readonly size: number;
  readonly order: number;
}

export interface Surroundings {
  readonly opsets: Graph['opsets'];
  readonly names: Names;
  /** Called with the number of nodes that a body adds. */
  readonly count: (nodes: number) => void;
  /** Whether a body may take this value, which no node of the graph makes, from outside. */
  readonly isFixed: (name: string) => boolean;
}

/** The nodes of a graph, sorted, with bodies for the functions that Gradient nodes name. */
export function closeGradients(unsorted: readonly Node[], around: Surroundings): readonly Node[] {
  const nodes = sortNodes(unsorted);
  if (!nodes.some(isGradient)) return nodes;
  const producers = producersOf(nodes);
  const places = new Map(nodes.map((node, place) => [node, place]));
  const closed = new Map<Node, Closed | 'open'>();

  /** Functions may hold Gradient nodes in turn: derivatives of higher order. */
  const close = (node: Node): Closed => {
    if (!isGradient(node)) return { node, size: 1, order: 0 };
    const known = closed.get(node);
    if (known === 'open')
      throw new KompaktError('KPT_GRAPH_INVALID', `${describe(node)} differentiates what depends on itself.`);
    if (known !== undefined) return known;
    closed.set(node, 'open');
    const done = withBody(node);
    closed.set(node, done);
    return done;
  };

  const withBody = (node: Node): Closed => {
    const xs = stringsAttr(node, 'xs') ?? [];
    const ends = [...xs, ...(stringsAttr(node, 'zs') ?? [])];
    const y = stringAttr(node, 'y');
    if (ends.length !== node.inputs.length || node.outputs.length > xs.length)
      throw new KompaktError(
        'KPT_GRAPH_INVALID',
        expected(
          `${ends.length} inputs and up to ${xs.length} outputs, as xs and zs say`,
          describe(node),
          `${node.inputs.length} and ${node.outputs.length}`,
        ),
      );
    const between = [...nodesBetween(node, ends, y)].sort((a, b) => places.get(a)! - places.get(b)!);
    const fresh = new Map<string, string>();
    const define = (name: string): void => {
      if (name !== '') fresh.set(name, around.names.fresh(`${node.name}/${name}`));
    };
    for (const name of ends) {
      if (fresh.has(name))
        throw new KompaktError('KPT_GRAPH_INVALID', `${describe(node)} names '${name}' twice in xs and zs.`);
      define(name);
    }
    for (const { outputs } of between) outputs.forEach(define);
    const inner = between.map(close);
    const size = inner.reduce((sum, { size }) => sum + size, 1);
    const order = 1 + inner.reduce((most, { order }) => Math.max(most, order), 0);
    if (order > maxOrder)
      throw new KompaktError(
        'KPT_ONNX_UNSUPPORTED',
        `${describe(node)} is a derivative of order ${order}; up to ${maxOrder} are supported.`,
      );
    around.count(size);
    const rename = (name: string): string => fresh.get(name) ?? name;
    const body = freezeGraph({
      name: node.name,
      inputs: ends.map((name) => ({ name: rename(name), dtype: 'float32', dims: null })),
      outputs: [{ name: rename(y), dtype: 'float32', dims: null }],
      nodes: inner.map(({ node }) => ({ ...renameInNode(node, rename), outputs: node.outputs.map(rename) })),
      constants: new Map(),
      opsets: around.opsets,
    });
    return { node: { ...node, attributes: { body: attr.graph(body) } }, size, order };
  };

  const nodesBetween = (node: Node, ends: readonly string[], y: string): Set<Node> => {
    const seen = new Set(ends);
    const found = new Set<Node>();
    const pending = [y];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const producer = producers.get(name);
      if (producer === undefined && !around.isFixed(name))
        throw new KompaktError(
          'KPT_ONNX_UNSUPPORTED',
          `${describe(node)} differentiates through '${name}', which another graph makes.`,
        );
      if (producer === undefined || found.has(producer)) continue;
      found.add(producer);
      pending.push(...usesOf(close(producer).node));
    }
    return found;
  };

  return sortNodes(nodes.map((node) => close(node).node));
}

/** The graph as files have it: bodies become nodes around their Gradient node, which names their ends. */
export function openGradients(graph: Graph, names: Names): Graph {
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.flatMap((node) => {
    if (!isGradient(node)) return [mapSubgraphs(node, (inner) => openGradients(inner, names))];
    const body = openGradients(graphAttr(node, 'body'), names);
    const fresh = new Map<string, string>();
    const define = (name: string): string => {
      if (name !== '') fresh.set(name, names.fresh(name));
      return fresh.get(name) ?? '';
    };
    const rename = (name: string): string => fresh.get(name) ?? name;
    const ends = body.inputs.map(
      ({ name }, i): Node => ({
        name: names.fresh(`${node.name}/Identity`),
        op: 'Identity',
        domain: '',
        inputs: [node.inputs[i]!],
        outputs: [define(name)],
        attributes: {},
      }),
    );
    for (const [name, value] of body.constants) constants.set(define(name), value);
    for (const { outputs } of body.nodes) outputs.forEach(define);
    const between = body.nodes.map((inner) => ({
      ...renameInNode(isGradient(inner) ? renameEnds(inner, rename) : inner, rename),
      name: names.fresh(inner.name),
      outputs: inner.outputs.map(rename),
    }));
    const given = ends.map(({ outputs }) => outputs[0]!);
    const attributes = {
      xs: attr.strings(given.slice(0, node.outputs.length)),
      zs: attr.strings(given.slice(node.outputs.length)),
      y: attr.string(rename(body.outputs[0]!.name)),
    };
    return [...ends, ...between, { ...node, attributes }];
  });
  return freezeGraph({ ...graph, nodes, constants });
}

const describe = (node: Node): string => `Gradient node '${node.name}'`;
