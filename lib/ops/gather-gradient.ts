// GatherGradient (ai.kompakt): adds rows of a gradient where Gather read them; rows that were read twice take both.

import type { Node } from '../graph/graph.js';
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  inputType,
  inputValue,
  intAttr,
  intsAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { floatTypes, indexTypes, typedInput } from './shared/elements.js';
import { indicesOf } from './shared/gathering.js';
import { illegalShape } from './shared/illegal.js';
import { splitDims } from './shared/physical-axis.js';

const axisOf = (node: Node, rank: number, where: string): number =>
  normalizeAxis(intAttr(node, 'axis', 0), rank, where);

export const gatherGradient = defineOp({
  op: 'GatherGradient',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: 0 }, dims: { type: 'ints' } },
  infer: (ctx) => {
    const { dtype, dims: given } = typedInput(ctx, 0, floatTypes);
    const indices = typedInput(ctx, 1, indexTypes).dims;
    const dims = intsAttr(ctx.node, 'dims') ?? [];
    const axis = axisOf(ctx.node, dims.length, ctx.where);
    const expected = dims.toSpliced(axis, 1, ...indices);
    if (expected.join() !== given.join()) illegalShape(`a gradient of shape [${expected}]`, ctx.where, given);
    return [{ dtype, dims }];
  },
  reference: (ctx) => {
    const gradient = inputValue(ctx, 0);
    const dims = intsAttr(ctx.node, 'dims') ?? [];
    const axis = axisOf(ctx.node, dims.length, ctx.where);
    const [outer, n, inner] = splitDims(dims, axis);
    const rows = indicesOf(inputValue(ctx, 1), n, ctx.where);
    const values = toNumbers(gradient);
    const out = new Float64Array(sizeOf(dims));
    for (let o = 0; o < outer; o++)
      rows.forEach((row, r) => {
        for (let i = 0; i < inner; i++)
          out[(o * n + row) * inner + i] += values[(o * rows.length + r) * inner + i]!;
      });
    return [fromNumbers(gradient.dtype, dims, out)];
  },
  gradient: notDifferentiable('second derivatives are not needed for training'),
  cost: noMacs,
  quantize: staysFloat('gradients need more than 8 bits'),
  lower: (ctx) => {
    const dims = intsAttr(ctx.node, 'dims') ?? [];
    if (inputType(ctx, 0).dtype !== 'float32' || sizeOf(dims) === 0) return false;
    const split = splitDims(dims, axisOf(ctx.node, dims.length, ctx.where));
    const inputs = [ctx.read(0, 'plain'), ctx.read(1, 'plain')];
    ctx.emit('gather_gradient_f32', inputs, [ctx.write(0, 'plain')], { dims: split });
    return true;
  },
});
