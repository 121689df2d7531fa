// GlobalLpPool: the p-norm of each channel.
import { defineOp, inputType, intAttr, noMacs, notDifferentiable, staysFloat } from './op.js';
import { Body } from './shared/body.js';
import { planeChannels } from './shared/channels.js';
import { referenceGlobalPool } from './shared/global-pool.js';
import { pNorm } from './shared/p-norm.js';
import { inferGlobalPool } from './shared/pooling.js';

export const globalLpPool = defineOp({
  op: 'GlobalLpPool',
  domain: '',
  since: 2,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { p: { type: 'int', default: 2 } },
  infer: (ctx) => [inferGlobalPool(ctx)],
  reference: (ctx) => {
    const p = intAttr(ctx.node, 'p', 2);
    return referenceGlobalPool(
      ctx,
      (channel) => channel.reduce((sum, v) => sum + Math.abs(v) ** p, 0) ** (1 / p),
    );
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('norms lose too much in 8 bits'),
  lower: 'host',
  inline: (ctx) => {
    const { dims } = inputType(ctx, 0);
    const { dtype } = inferGlobalPool(ctx);
    const p = intAttr(ctx.node, 'p', 2);
    if (dtype !== 'float32' || p < 1 || dims.includes(0)) return undefined;
    const body = new Body(ctx);
    const axes = dims.map((_, axis) => axis).slice(2);
    return body.finish([pNorm(body, body.input(0), p, (powers) => body.reduce('ReduceSum', powers, axes))]);
  },
  channels: planeChannels,
});
