// Writes an "on" value where the index along a new axis equals the input, "off" elsewhere.

import { expected, KompaktError } from '../errors.js';
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { scalarOf, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputValue,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
  type TensorType,
} from './op.js';
import { allTypes, numberTypes, pick, typedInput } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';
import { readPlain } from './shared/layout.js';
import { movable } from './shared/move.js';
import { splitDims } from './shared/physical-axis.js';

export const oneHot = defineOp({
  op: 'OneHot',
  domain: '',
  since: 9,
  inputs: [3, 3],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: -1 } },
  infer,
  reference: (ctx) => {
    const known = knownContext(ctx);
    const { dims } = infer(known)[0]!;
    const { axis, depth } = placeOf(known);
    const indices = toNumbers(inputValue(ctx, 0));
    const inner = sizeOf(dims.slice(axis + 1));
    const choice = Array.from({ length: sizeOf(dims) }, (_, at) => {
      const label = Math.floor(at / inner) % depth;
      const index = indices[Math.floor(at / (inner * depth)) * inner + (at % inner)]!;
      return Number(Math.trunc(index < 0 ? index + depth : index) === label);
    });
    return [pick(inputValue(ctx, 2), dims, choice)];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its input is an index'),
  lower: (ctx) => {
    const { dtype, dims } = ctx.outputs[0]!;
    const indices = ctx.inputs[0]!.dtype;
    if (!movable(dtype) || !['int64', 'int32', 'uint8', 'float32'].includes(indices)) return false;
    ctx.emit('one_hot', [readPlain(ctx, 0), readPlain(ctx, 2)], [ctx.write(0, 'plain')], {
      dims: splitDims(dims, placeOf(ctx).axis),
    });
    return true;
  },
});

function placeOf(ctx: InferContext): { readonly axis: number; readonly depth: number } {
  const rank = typedInput(ctx, 0, numberTypes).dims.length;
  const axis = normalizeAxis(intAttr(ctx.node, 'axis', -1), rank, ctx.where, true);
  return { axis, depth: Math.trunc(scalarOf(needValue(ctx, 1), `depth of ${ctx.where}`)) };
}

function infer(ctx: InferContext): readonly TensorType[] {
  const { axis, depth } = placeOf(ctx);
  const { dtype, dims } = typedInput(ctx, 2, allTypes);
  if (sizeOf(dims) !== 2 || !(depth >= 0))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected('two values, and a depth of 0 or more,', ctx.where, depth),
    );
  return [{ dtype, dims: ctx.inputs[0]!.dims.toSpliced(axis, 0, depth) }];
}
