// Cuts or pads axes at both ends, evenly, to given sizes.
import { normalizeAxis } from '../tensor/shape.js';
import {
  defineOp,
  type InferContext,
  inputType,
  intsAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { integersOf } from './shared/elements.js';
import { illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';
import { boxLoops, lowerMoves, type Move, moveValues } from './shared/move.js';
import { storageBias } from './storage.js';

export const centerCropPad = defineOp({
  op: 'CenterCropPad',
  domain: '',
  since: 18,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { axes: { type: 'ints', default: null } },
  infer: (ctx) => [{ dtype: inputType(ctx, 0).dtype, dims: targetOf(ctx) }],
  reference: (ctx) => {
    const known = knownContext(ctx);
    return moveValues(
      ctx.inputs,
      [{ dtype: inputType(known, 0).dtype, dims: targetOf(known) }],
      [moveOf(known)],
    );
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('its zeros and its input would need one scale'),
  lower: (ctx) => {
    const layout = ctx.layoutOf(0);
    return lowerMoves(ctx, [moveOf(ctx)], () => layout, layout, storageBias(ctx.outputs[0].dtype));
  },
});

function targetOf(ctx: InferContext): number[] {
  const { dims } = inputType(ctx, 0);
  const sizes = integersOf(needValue(ctx, 1));
  const axes = intsAttr(ctx.node, 'axes')?.map((axis) => normalizeAxis(axis, dims.length, ctx.where));
  const named = axes ?? dims.map((_, i) => i);
  if (sizes.length !== named.length || sizes.some((size) => size < 0))
    illegalShape(`${named.length} sizes`, ctx.where, sizes);
  return dims.map((d, i) => (named.includes(i) ? sizes[named.indexOf(i)] : d));
}

function moveOf(ctx: InferContext): Move {
  const { dims } = inputType(ctx, 0);
  const target = targetOf(ctx);
  const spare = dims.map((d, i) => Math.floor(Math.abs(d - target[i]) / 2));
  return {
    input: 0,
    output: 0,
    loops: boxLoops(dims.map((d, i) => Math.min(d, target[i]))),
    xStart: dims.map((d, i) => (d > target[i] ? spare[i] : 0)),
    yStart: dims.map((d, i) => (d < target[i] ? spare[i] : 0)),
  };
}
