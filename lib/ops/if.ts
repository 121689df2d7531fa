// Runs one of two subgraphs, chosen by a condition.
import { isKompaktError } from '../errors.js';
import { sameDims } from '../tensor/shape.js';
import { scalarOf, type TensorValue } from '../tensor/tensor.js';
import {
  defineOp,
  graphAttr,
  type InferContext,
  inputValue,
  NeedsData,
  noMacs,
  notDifferentiable,
  staysFloat,
  type TensorType,
} from './op.js';
import { typedInput } from './shared/elements.js';
import { branchTypes, runBody } from './shared/subgraph.js';

export const ifOp = defineOp({
  op: 'If',
  domain: '',
  since: 1,
  inputs: [1, 1],
  outputs: [1, Number.POSITIVE_INFINITY],
  attributes: { then_branch: { type: 'graph' }, else_branch: { type: 'graph' } },
  infer: (ctx: InferContext): readonly TensorType[] => {
    typedInput(ctx, 0, ['bool']);
    const condition = ctx.value(0);
    if (condition !== undefined)
      return branchTypes(ctx, graphAttr(ctx.node, branch(condition, ctx.where)), []);
    const yes = typesIfLegal(ctx, 'then_branch');
    const no = typesIfLegal(ctx, 'else_branch');
    const alike = yes.every(
      (t, i) => t.dtype === no[i]?.dtype && t.container === no[i]!.container && sameDims(t.dims, no[i]!.dims),
    );
    if (!alike) throw new NeedsData(0);
    return yes;
  },
  reference: (ctx) => runBody(ctx, graphAttr(ctx.node, branch(inputValue(ctx, 0), ctx.where)), []),
  gradient: notDifferentiable('the path through its bodies depends on data'),
  cost: noMacs,
  quantize: staysFloat('its branches are graphs of their own'),
  lower: 'host',
  containers: true,
  inline: (ctx) => {
    const condition = ctx.value(0);
    return condition && graphAttr(ctx.node, branch(condition, ctx.where));
  },
});

/** A branch may be illegal for these shapes where it is never taken: what it gives is known when the condition is. */
function typesIfLegal(ctx: InferContext, name: string): readonly TensorType[] {
  try {
    return branchTypes(ctx, graphAttr(ctx.node, name), []);
  } catch (error) {
    throw isKompaktError(error) ? new NeedsData(0) : error;
  }
}

const branch = (condition: TensorValue, where: string): string =>
  scalarOf(condition, where) === 0 ? 'else_branch' : 'then_branch';
