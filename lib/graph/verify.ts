// What a legal Graph is. The loader, the builder and, in tests, every pass end with it.
import { expected, KompaktError } from '../errors.js';
import { dtypes } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import type { Graph, Node } from './graph.js';
import { capturesOf, subgraphsOf } from './uses.js';

/**
 * Throws KPT_GRAPH_INVALID naming the value or node when a rule is broken: each name has one definition, uses come
 * after definitions, outputs exist, constants fit their type, every domain in use has an opset. `outer` holds the
 * values of surrounding graphs.
 */
export function verify(graph: Graph, outer: ReadonlySet<string> = new Set()): Graph {
  const defined = new Set<string>();
  const define = (name: string, what: string) => {
    if (name === '') invalid(`${what} of graph '${graph.name}' has no name.`);
    if (defined.has(name) || outer.has(name))
      invalid(`Value '${name}' (${what}) of graph '${graph.name}' is defined twice.`);
    defined.add(name);
  };
  const use = (name: string, where: string) => {
    if (!defined.has(name) && !outer.has(name))
      invalid(`Value '${name}' is used by ${where} before anything defines it.`);
  };

  for (const input of graph.inputs) define(input.name, 'an input');
  for (const [name, value] of graph.constants) {
    define(name, 'a constant');
    verifyTensor(name, value);
  }
  const nodeNames = new Set<string>();
  for (const node of graph.nodes) {
    if (nodeNames.has(node.name)) invalid(`Two nodes of graph '${graph.name}' are named '${node.name}'.`);
    nodeNames.add(node.name);
    verifyNode(graph, node);
    const where = `${node.op} node '${node.name}'`;
    for (const name of node.inputs) if (name !== '') use(name, where);
    for (const inner of subgraphsOf(node)) {
      for (const name of capturesOf(inner)) use(name, `a subgraph of ${where}`);
      verify(inner, new Set([...outer, ...defined]));
    }
    for (const name of node.outputs) if (name !== '') define(name, `output of ${where}`);
  }
  const outputNames = new Set<string>();
  for (const output of graph.outputs) {
    use(output.name, `an output of graph '${graph.name}'`);
    if (outputNames.has(output.name))
      invalid(`Output '${output.name}' of graph '${graph.name}' is listed twice.`);
    outputNames.add(output.name);
  }
  return graph;
}

function verifyNode(graph: Graph, node: Node): void {
  if (node.op === '') invalid(`Node '${node.name}' has no operator.`);
  if (graph.opsets[node.domain] === undefined)
    invalid(
      `Graph '${graph.name}' has no opset for domain '${node.domain}' of ${node.op} node '${node.name}'.`,
    );
}

function verifyTensor(name: string, value: TensorValue): void {
  const { array } = dtypes[value.dtype];
  const where = `${value.dtype} constant '${name}' of shape [${value.dims.join(',')}]`;
  if (value.data.length !== sizeOf(value.dims))
    invalid(expected(`${sizeOf(value.dims)} elements`, where, value.data.length));
  const kind = Array.isArray(value.data) ? 'Array' : value.data.constructor.name;
  if (kind !== (array?.name ?? 'Array'))
    invalid(expected(`data in a ${array?.name ?? 'Array'}`, where, kind));
}

function invalid(message: string): never {
  throw new KompaktError('KPT_GRAPH_INVALID', message);
}
