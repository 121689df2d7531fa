// Runs a subgraph a number of times or while a condition holds, carrying values from turn to turn and stacking others.

import { expected, KompaktError } from '../errors.js';
import { checkHostElements, maxTurns } from '../tensor/limits.js';
import { sameDims } from '../tensor/shape.js';
import { i64, scalarOf, type TensorValue } from '../tensor/tensor.js';
import {
  defineOp,
  graphAttr,
  type InferContext,
  inputType,
  inputValue,
  NeedsData,
  noMacs,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
  type TensorType,
} from './op.js';
import { boolTensor, branchTypes, declaredType, runBody, stack } from './shared/subgraph.js';

export const loop = defineOp({
  op: 'Loop',
  domain: '',
  since: 1,
  inputs: [2, Number.POSITIVE_INFINITY],
  optional: [0, 1],
  outputs: [1, Number.POSITIVE_INFINITY],
  attributes: { body: { type: 'graph' } },
  infer,
  reference,
  gradient: notDifferentiable('the path through its bodies depends on data'),
  cost: noMacs,
  quantize: staysFloat('its body is a graph of its own'),
  lower: 'host',
  containers: true,
});

/** Known only when nothing is stacked and the carried values keep their shapes. */
function infer(ctx: InferContext): readonly TensorType[] {
  const body = graphAttr(ctx.node, 'body');
  const carried = ctx.inputs.slice(2).map((_, i) => inputType(ctx, i + 2));
  if (body.outputs.length - 1 > carried.length) throw new NeedsData(0);
  const counter = { dtype: 'int64', dims: [] } as const;
  const condition = { dtype: 'bool', dims: [] } as const;
  const types = branchTypes(ctx, body, [counter, condition, ...carried]).slice(1);
  const stable = types.every(
    (t, i) =>
      t.dtype === carried[i]!.dtype &&
      t.container === carried[i]!.container &&
      sameDims(t.dims, carried[i]!.dims),
  );
  if (!stable) throw new NeedsData(0);
  return types;
}

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const body = graphAttr(ctx.node, 'body');
  const turns = ctx.inputs[0] === undefined ? Number.POSITIVE_INFINITY : scalarOf(ctx.inputs[0], ctx.where);
  let going = ctx.inputs[1] === undefined || scalarOf(ctx.inputs[1], ctx.where) !== 0;
  let carried: readonly TensorValue[] = ctx.inputs.slice(2).map((_, i) => inputValue(ctx, i + 2));
  const stacked = body.outputs.slice(1 + carried.length).map((): TensorValue[] => []);
  if (body.outputs.length < 1 + carried.length)
    throw new KompaktError(
      'KPT_GRAPH_INVALID',
      expected(`a body with ${1 + carried.length} outputs or more`, ctx.where, body.outputs.length),
    );
  const most = maxTurns();
  let stackedElements = 0;
  for (let turn = 0; going && turn < turns; turn++) {
    if (turn >= most) throw new KompaktError('KPT_TOO_LARGE', `${ctx.where} makes more than ${most} turns.`);
    const [condition, ...values] = runBody(ctx, body, [i64([turn], []), boolTensor(going), ...carried]);
    going = scalarOf(condition!, ctx.where) !== 0;
    stacked.forEach((parts, i) => {
      const part = values[carried.length + i]!;
      stackedElements += part.data.length;
      parts.push(part);
    });
    checkHostElements(stackedElements, () => `What ${ctx.where} stacks`);
    carried = values.slice(0, carried.length);
  }
  const first = 1 + carried.length;
  return [...carried, ...stacked.map((parts, i) => stack(parts, declaredType(body, first + i), ctx.where))];
}
