// The slices along an axis (or the elements, without axis) where a condition holds.
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { i64 } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type LowerContext,
  needValue,
  noMacs,
  notDifferentiable,
  type TensorType,
} from './op.js';
import { elementsOf, pick, typedInput } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';
import { readPlain } from './shared/layout.js';
import { movable } from './shared/move.js';

export const compress = defineOp({
  op: 'Compress',
  domain: '',
  since: 9,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: null } },
  infer,
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const { result, outer, inner, dim, chosen } = selection(knownContext(ctx));
    const offsets = new Float64Array(outer * chosen.length);
    let to = 0;
    for (let o = 0; o < outer; o++) for (const k of chosen) offsets[to++] = (o * dim + k) * inner;
    return [pick(x, result, offsets, inner)];
  },
  sizedByResult: true,
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower,
});

function infer(ctx: InferContext): readonly TensorType[] {
  return [{ dtype: inputType(ctx, 0).dtype, dims: selection(ctx).result }];
}

/** What a constant chooses is gathered. */
function lower(ctx: LowerContext): boolean {
  const { outer, dim, inner, chosen } = selection(ctx);
  if (!movable(ctx.outputs[0]!.dtype) || dim === 0) return false;
  const indices = ctx.constant(i64(chosen));
  ctx.emit('gather', [readPlain(ctx, 0), indices], [ctx.write(0, 'plain')], { dims: [outer, dim, inner] });
  return true;
}

/** The input as [outer, dim, inner], what is chosen along dim, and the dims of the result. */
function selection(ctx: InferContext) {
  const { dims } = inputType(ctx, 0);
  typedInput(ctx, 1, ['bool']);
  const axis =
    ctx.node.attributes.axis === undefined
      ? null
      : normalizeAxis(intAttr(ctx.node, 'axis'), dims.length, ctx.where);
  const dim = axis === null ? sizeOf(dims) : dims[axis]!;
  const condition = elementsOf(needValue(ctx, 1));
  const chosen: number[] = [];
  for (let i = 0; i < Math.min(dim, condition.length); i++) if (condition[i] === 1) chosen.push(i);
  return {
    result: axis === null ? [chosen.length] : dims.with(axis, chosen.length),
    dim,
    chosen,
    outer: axis === null ? 1 : sizeOf(dims.slice(0, axis)),
    inner: axis === null ? 1 : sizeOf(dims.slice(axis + 1)),
  };
}
