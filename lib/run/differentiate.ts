// differentiate: reverse accumulation as a function from graph to graph. The gradient of every value is the sum of what its
// consumers contribute, in a fixed order; each contribution is emitted by the consumer's own OpDef.
import { KompaktError, requireArgument } from '../errors.js';
import type { Graph, Node } from '../graph/graph.js';
import { withDomains } from '../graph/opsets.js';
import { capturesOf } from '../graph/uses.js';
import { GraphWriter } from '../graph/writer.js';
import { opOf } from '../ops/index.js';
import {
  type Gradient,
  type GradientContext,
  type GradientRule,
  type InferContext,
  NeedsData,
} from '../ops/op.js';
import { isFloat } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers } from '../tensor/tensor.js';
import { describeNode, type Fact, type Facts, inferContext, inferNode } from './inference.js';
import { Inliner } from './inline.js';

type Rule = GradientRule;
type Refusal = Extract<Gradient, { readonly notDifferentiable: string }>;

/** The graph around a body: what it knows of its values, and names that new values must not have. */
interface Surroundings {
  readonly facts: Facts;
  readonly names: readonly string[];
}

const nowhere: Surroundings = { facts: () => undefined, names: [] };

/** Types (and values that never change) of every value; `variables` are such even where they are constants. `outer`
 *  knows what the graph captures. */
export function factsOf(
  graph: Graph,
  variables: ReadonlySet<string>,
  outer: Facts = nowhere.facts,
): Map<string, Fact> {
  const facts = new Map<string, Fact>();
  for (const name of capturesOf(graph)) {
    const fact = outer(name);
    if (fact !== undefined) facts.set(name, fact);
  }
  for (const { name, dtype, dims } of graph.inputs) {
    if (dims === null || dims.some((d) => typeof d !== 'number'))
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        `Input '${name}' needs concrete dimensions to be trained, not [${dims?.join(',') ?? '?'}].`,
      );
    facts.set(name, { type: { dtype, dims: dims as readonly number[] } });
  }
  for (const [name, value] of graph.constants) {
    const type = { dtype: value.dtype, dims: value.dims };
    facts.set(name, variables.has(name) ? { type } : { type, value });
  }
  for (const node of graph.nodes) record(graph, node, facts);
  return facts;
}

const record = (graph: Graph, node: Node, facts: Map<string, Fact>): void => {
  inferNode(
    graph,
    node,
    (name) => facts.get(name),
    (name, fact) => facts.set(name, fact),
  );
};

/** The nodes with those replaced that are differentiated through a body; only nodes that depend on `wrt` are. */
function withBodies(graph: Graph, wrt: readonly string[], outer: Surroundings): Graph {
  const facts = factsOf(graph, new Set(wrt), outer.facts);
  const inliner = new Inliner(graph, outer.names);
  const constants = new Map(graph.constants);
  const reached = new Set(wrt);
  const nodes: Node[] = [];
  const pending = [...graph.nodes].reverse();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const depends = node.inputs.some((name) => reached.has(name));
    const { gradient } = opOf(node);
    if (!depends || !('body' in gradient)) {
      if (depends) for (const name of node.outputs) reached.add(name);
      nodes.push(node);
      continue;
    }
    const inlined = inliner.inline(node, gradient.body(bodyContext(graph, node, (name) => facts.get(name))));
    for (const [name, value] of inlined.constants) {
      constants.set(name, value);
      facts.set(name, { type: { dtype: value.dtype, dims: value.dims }, value });
    }
    for (const inner of inlined.nodes) record(graph, inner, facts);
    pending.push(...[...inlined.nodes].reverse());
  }
  return { ...graph, nodes, constants, opsets: withDomains(graph.opsets, nodes) };
}

const isSmooth = (fact: Fact | undefined): boolean =>
  fact !== undefined && fact.value === undefined && isFloat(fact.type.dtype);

/** Values that depend on `wrt` through floating-point values. */
function reachOf(graph: Graph, wrt: readonly string[], facts: ReadonlyMap<string, Fact>): Set<string> {
  const reached = new Set(wrt);
  for (const node of graph.nodes)
    if (node.inputs.some((name) => reached.has(name)))
      for (const name of node.outputs) if (isSmooth(facts.get(name))) reached.add(name);
  return reached;
}

/**
 * The graph with further outputs: the gradients of `loss` (a value of one element) with respect to `wrt` (inputs,
 * constants or intermediate values), in that order. Throws KPT_NOT_DIFFERENTIABLE, naming the operator, where the loss
 * depends on `wrt` through one without a gradient, and KPT_OPTION_INVALID where it does not depend at all.
 */
export function differentiate(source: Graph, loss: string, wrt: readonly string[]): Graph {
  requireArgument(Array.isArray(source?.nodes), 'a graph', 'differentiate', source);
  const { writer, facts, gradients } = accumulate(source, loss, wrt);
  const lossType = facts.get(loss)?.type;
  if (lossType === undefined || sizeOf(lossType.dims) !== 1)
    throw new KompaktError('KPT_OPTION_INVALID', `The loss '${loss}' must be a value of one element.`);
  const outputs = wrt.map((name, i) => {
    const gradient = gradients[i];
    if (gradient === undefined)
      throw new KompaktError('KPT_OPTION_INVALID', `The loss does not depend on '${name}'.`);
    const { dtype, dims } = facts.get(name)!.type;
    return { name: gradient, dtype, dims };
  });
  return writer.graph([...source.outputs, ...outputs]);
}

/** The context of a node that may be differentiated (operator Gradient): see InferContext.differentiate. */
export const bodyContext = (graph: Graph, node: Node, facts: Facts): InferContext => {
  const ctx = inferContext(graph, node, facts);
  return { ...ctx, differentiate: (body, count) => derivatives(ctx, body, count, facts) };
};

/** The nodes that compute the gradients of the sum of a body's output with respect to its first `count` inputs, for the
 *  types of the node's inputs. Zeros where the output does not depend on one. */
function derivatives(ctx: InferContext, body: Graph, count: number, outer: Facts): Graph {
  const inputs = body.inputs.map(({ name }, i) => ({
    name,
    dtype: ctx.inputs[i]!.dtype,
    dims: ctx.inputs[i]!.dims,
  }));
  const wrt = inputs.slice(0, count).map(({ name }) => name);
  try {
    const { writer, gradients } = accumulate({ ...body, inputs }, body.outputs[0]!.name, wrt, {
      facts: outer,
      names: ctx.node.inputs,
    });
    return writer.graph(
      inputs.slice(0, count).map(({ name, dtype, dims }, i) => {
        const zeros = () =>
          writer.constant(`${name}/zero`, fromNumbers(dtype, dims, new Float64Array(sizeOf(dims))));
        return { name: gradients[i] ?? zeros(), dtype, dims };
      }),
    );
  } catch (error) {
    if (!(error instanceof NeedsData)) throw error;
    throw new KompaktError(
      'KPT_NOT_DIFFERENTIABLE',
      `The body of ${ctx.where} has shapes that depend on data; gradients need all shapes.`,
    );
  }
}

/** Adds the backward nodes of `loss`, summed over its elements. A gradient is undefined where the loss does not depend on
 *  the value. */
function accumulate(
  source: Graph,
  loss: string,
  wrt: readonly string[],
  outer: Surroundings = nowhere,
): {
  readonly writer: GraphWriter;
  readonly facts: ReadonlyMap<string, Fact>;
  readonly gradients: readonly (string | undefined)[];
} {
  const graph = withBodies(source, wrt, outer);
  const facts = factsOf(graph, new Set(wrt), outer.facts);
  const lossType = facts.get(loss)?.type;
  if (lossType === undefined)
    throw new KompaktError('KPT_OPTION_INVALID', `There is no value '${loss}' to differentiate.`);
  const reached = reachOf(graph, wrt, facts);
  const writer = new GraphWriter(graph, outer.names);
  const parts = new Map<string, string[]>();
  const contribute = (name: string, gradient: string): void => {
    const list = parts.get(name);
    if (list === undefined) parts.set(name, [gradient]);
    else list.push(gradient);
  };
  /** The whole gradient of a value, once all its consumers have contributed. */
  const total = (name: string): string | undefined => {
    const list = parts.get(name);
    if (list === undefined) return undefined;
    while (list.length > 1) list.splice(0, 2, writer.add('Add', list.slice(0, 2))[0]!);
    return list[0];
  };
  const ones = new Float64Array(sizeOf(lossType.dims)).fill(1);
  contribute(loss, writer.constant('one', fromNumbers(lossType.dtype, lossType.dims, ones)));

  for (const node of [...graph.nodes].reverse()) {
    const outputs = node.outputs.map((name) => (name === '' || !reached.has(name) ? undefined : total(name)));
    const wanted = node.inputs.map((name) => name !== '' && reached.has(name));
    if (outputs.every((gradient) => gradient === undefined) || !wanted.includes(true)) continue;
    const rule = ruleOf(node);
    const at = inferContext(graph, node, (name) => facts.get(name));
    const ctx: GradientContext = {
      node,
      opset: at.opset,
      where: at.where,
      inputs: at.inputs,
      outputs: node.outputs.map((name) => facts.get(name)?.type ?? { dtype: 'float32', dims: [0] }),
      value: at.value,
      outputGradient: (i) => outputs[i],
      wants: (i) => wanted[i] === true,
      add: (op, inputs, attributes, options) => writer.add(op, inputs, attributes, options),
      constant: (hint, value) => writer.constant(hint, value),
    };
    rule(ctx).forEach((gradient, i) => {
      if (gradient !== undefined && wanted[i]) contribute(node.inputs[i]!, gradient);
    });
  }

  return { writer, facts, gradients: wrt.map(total) };
}

function ruleOf(node: Node): Rule {
  const { gradient } = opOf(node);
  if (typeof gradient === 'function') return gradient;
  const { notDifferentiable } = gradient as Refusal;
  throw new KompaktError(
    'KPT_NOT_DIFFERENTIABLE',
    `The loss depends on what is trained through ${describeNode(node)}, which has no gradient: ${notDifferentiable}.`,
    { op: node.op, node: node.name },
  );
}
