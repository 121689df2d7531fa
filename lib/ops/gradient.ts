// Gradient (ai.onnx.preview.training): the derivatives of a function, summed over the elements of its output, by its first
// inputs, one an output. A file names the function by its ends in the graph around; here it is a body (onnx/gradient-node.ts).
import { expected, KompaktError } from '../errors.js';
import type { Graph, Node } from '../graph/graph.js';
import { renameInNode } from '../graph/uses.js';
import {
  defineOp,
  graphAttr,
  type InferContext,
  inputType,
  noMacs,
  type ReferenceContext,
  staysFloat,
} from './op.js';
import { floatTypes, typedInput } from './shared/elements.js';

function infer(ctx: InferContext) {
  const inputs = graphAttr(ctx.node, 'body').inputs.length;
  if (ctx.inputs.length !== inputs || ctx.node.outputs.length > inputs)
    throw new KompaktError(
      'KPT_GRAPH_INVALID',
      expected(
        `${inputs} inputs and at most as many outputs`,
        ctx.where,
        `${ctx.inputs.length} and ${ctx.node.outputs.length}`,
      ),
    );
  for (let i = ctx.node.outputs.length; i < inputs; i++) inputType(ctx, i);
  return ctx.node.outputs.map((_, i) => typedInput(ctx, i, floatTypes));
}

/** The backward nodes, reading the node's inputs. */
function backward(ctx: Pick<InferContext, 'node' | 'where' | 'differentiate'>): Graph {
  if (ctx.differentiate === undefined)
    throw new KompaktError('KPT_INTERNAL', `${ctx.where} was differentiated where shapes are not known.`);
  const body = ctx.differentiate(graphAttr(ctx.node, 'body'), ctx.node.outputs.length);
  const actual = new Map(body.inputs.map(({ name }, i) => [name, ctx.node.inputs[i]!]));
  const rename = (name: string): string => actual.get(name) ?? name;
  return {
    ...body,
    inputs: [],
    nodes: body.nodes.map((node): Node => renameInNode(node, rename)),
    outputs: body.outputs.map((output) => ({ ...output, name: rename(output.name) })),
  };
}

function inline(ctx: InferContext): Graph {
  infer(ctx);
  return backward(ctx);
}

export const gradient = defineOp({
  op: 'Gradient',
  domain: 'ai.onnx.preview.training',
  since: 1,
  inputs: [1, Number.POSITIVE_INFINITY],
  outputs: [1, Number.POSITIVE_INFINITY],
  attributes: { body: { type: 'graph' } },
  infer,
  reference: (ctx: ReferenceContext) => {
    if (ctx.runSubgraph === undefined)
      throw new KompaktError('KPT_INTERNAL', `${ctx.where} was evaluated where subgraphs cannot run.`);
    return ctx.runSubgraph(backward(ctx), new Map());
  },
  gradient: { body: inline },
  cost: noMacs,
  quantize: staysFloat('what it computes is the derivative of a float function'),
  lower: 'host',
  inline,
  keepsBodies: true,
});
