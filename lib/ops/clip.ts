// Limits x to [min, max]; both bounds are optional inputs.

import { type DType, isInt64 } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import { f32, scalarOf, type TensorValue, toNumbers } from '../tensor/tensor.js';
import { clipGradient } from './gradients/unary.js';
import { type Buffer, defineOp, inputValue, type LowerContext, noMacs, type ReferenceContext } from './op.js';
import { noActivation } from './shared/activation.js';
import { elementwiseChannels } from './shared/channels.js';
import { type Element, elementsOf, fromElements, numberTypes, typedInput } from './shared/elements.js';
import { knownInputs, lowerUnary } from './shared/elementwise.js';
import { readAsIs } from './shared/layout.js';

export const largestFloat32 = 3.4028234663852886e38;

export const clip = defineOp({
  op: 'Clip',
  domain: '',
  since: 11,
  inputs: [1, 3],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    const x = typedInput(ctx, 0, numberTypes);
    for (const i of [1, 2]) if (ctx.inputs[i] !== undefined) typedInput(ctx, i, [x.dtype]);
    return [x];
  },
  reference,
  gradient: clipGradient,
  cost: noMacs,
  quantize: { kind: 'table' },
  lower: (ctx) => {
    const [, min, max] = knownInputs(ctx);
    const known = [min, max].every((bound, k) => bound !== undefined || ctx.inputs[k + 1] === undefined);
    if (!known) return lowerByRunTimeBounds(ctx);
    return lowerUnary(ctx, reference, () => ({
      op: 'clip',
      alpha: min === undefined ? -largestFloat32 : scalarOf(min, ctx.where),
      beta: max === undefined ? largestFloat32 : scalarOf(max, ctx.where),
    }));
  },
  bounds: ({ node, constant }) => {
    const end = (i: number, absent: number): number => {
      const value = constant(node.inputs[i] ?? '');
      return value === undefined ? absent : toNumbers(value)[0]!;
    };
    return { needs: { min: end(1, Number.NEGATIVE_INFINITY), max: end(2, Number.POSITIVE_INFINITY) } };
  },
  channels: elementwiseChannels,
});

/** max(x, min), then min(., max), with bounds from memory. */
function lowerByRunTimeBounds(ctx: LowerContext): boolean {
  const single = [1, 2].every((i) => sizeOf(ctx.inputs[i]?.dims ?? []) === 1);
  if (ctx.outputs[0].dtype !== 'float32' || !single) return false;
  const { buffer: x, layout } = readAsIs(ctx, 0);
  const dims = x.dims.length === 0 ? [] : [1];
  const bound = (i: number, absent: number): Buffer =>
    ctx.inputs[i] === undefined ? ctx.constant(f32(dims, [absent])) : ctx.reshape(ctx.read(i, 'plain'), dims);
  const raised = ctx.temporary('float32', x.dims);
  ctx.emit('binary_f32', [x, bound(1, -largestFloat32)], [raised], { op: 'max', ...noActivation });
  ctx.emit('binary_f32', [raised, bound(2, largestFloat32)], [ctx.write(0, layout)], {
    op: 'min',
    ...noActivation,
  });
  return true;
}

/** The last number of a type limits infinity where a bound is absent, as the specification has it; integers need no limit. */
const largest: Partial<Record<DType, number>> = {
  float32: largestFloat32,
  float64: Number.MAX_VALUE,
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
};

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const min = bound(ctx, 1, x.dtype, -1);
  const max = bound(ctx, 2, x.dtype, 1);
  const values = Array.from(elementsOf(x), (v) => {
    const raised = min !== null && v < min ? min : v;
    return max !== null && raised > max ? max : raised;
  });
  return [fromElements(x.dtype, x.dims, values)];
}

/** Input i, or the last number of that sign, or null where there is no bound. */
function bound(ctx: ReferenceContext, i: number, dtype: DType, sign: number): Element | null {
  const value = ctx.inputs[i];
  if (value === undefined) return largest[dtype] === undefined ? null : sign * largest[dtype];
  scalarOf(value, `input ${i} of ${ctx.where}`);
  return isInt64(dtype) ? BigInt(value.data[0]!) : elementsOf(value)[0]!;
}
