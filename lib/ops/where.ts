// Elements of x where the condition holds, else of y; all three broadcast.

import { broadcastDims, broadcastStrides, sizeOf } from '../tensor/shape.js';
import { whereGradient } from './gradients/arithmetic.js';
import { defineOp, inputValue, noMacs, staysFloat } from './op.js';
import { broadcastOperands } from './shared/binary.js';
import { elementwiseChannels } from './shared/channels.js';
import { allTypes, type Element, fromRaw, stridedOffsets, typedInput } from './shared/elements.js';
import { movable } from './shared/move.js';

export const where = defineOp({
  op: 'Where',
  domain: '',
  since: 9,
  inputs: [3, 3],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    const condition = typedInput(ctx, 0, ['bool']);
    const x = typedInput(ctx, 1, allTypes);
    const y = typedInput(ctx, 2, [x.dtype]);
    return [{ dtype: x.dtype, dims: broadcastDims([condition.dims, x.dims, y.dims], ctx.where) }];
  },
  reference: (ctx) => {
    const operands = [0, 1, 2].map((i) => inputValue(ctx, i));
    const dims = broadcastDims(
      operands.map((t) => t.dims),
      ctx.where,
    );
    const [condition, x, y] = operands.map((t) => {
      const at = stridedOffsets(dims, broadcastStrides(t.dims, dims));
      return (i: number): Element => t.data[at[i]!]!;
    });
    const values = Array.from({ length: sizeOf(dims) }, (_, i) => (condition!(i) ? x!(i) : y!(i)));
    return [fromRaw(operands[1]!.dtype, dims, values)];
  },
  gradient: whereGradient,
  cost: noMacs,
  quantize: staysFloat('its two branches may have different scales'),
  lower: (ctx) => {
    if (!movable(ctx.outputs[0]!.dtype)) return false;
    const { buffers, layout } = broadcastOperands(ctx);
    ctx.emit('where', buffers, [ctx.write(0, layout)], {});
    return true;
  },
  channels: elementwiseChannels,
});
