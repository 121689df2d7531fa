// Ones on a diagonal of a matrix shaped like the input.
import { expected, KompaktError } from '../errors.js';
import { dtypeFromOnnx } from '../tensor/dtype.js';
import { fromNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  intAttr,
  type LowerContext,
  noMacs,
  notDifferentiable,
  staysFloat,
  type TensorType,
} from './op.js';
import { knownContext } from './shared/known-context.js';
import { movable } from './shared/move.js';
import { storageBias, toStorage } from './storage.js';

export const eyeLike = defineOp({
  op: 'EyeLike',
  domain: '',
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { dtype: { type: 'int', default: null }, k: { type: 'int', default: 0 } },
  infer,
  reference: (ctx) => {
    const { dtype, dims } = infer(knownContext(ctx))[0]!;
    const [rows, columns] = dims as [number, number];
    const k = intAttr(ctx.node, 'k', 0);
    const values = Array.from({ length: rows * columns }, (_, at) =>
      Number((at % columns) - Math.floor(at / columns) === k),
    );
    return [fromNumbers(dtype, dims, values)];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('it reads no values'),
  lower,
});

function infer(ctx: InferContext): readonly TensorType[] {
  const x = inputType(ctx, 0);
  if (x.dims.length !== 2)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected('a matrix', ctx.where, x.dims));
  const asked = ctx.node.attributes.dtype === undefined ? null : intAttr(ctx.node, 'dtype');
  return [{ dtype: asked === null ? x.dtype : dtypeFromOnnx(asked, ctx.where), dims: x.dims }];
}

/** Zeros, and ones copied along the diagonal. */
function lower(ctx: LowerContext): boolean {
  const { dtype, dims } = ctx.outputs[0]!;
  if (!movable(dtype)) return false;
  const [rows, columns] = dims as [number, number];
  const k = intAttr(ctx.node, 'k', 0);
  const y = ctx.write(0, 'plain');
  ctx.emit('fill', [], [y], { value: storageBias(dtype) });
  const count = Math.min(rows, columns, k < 0 ? rows + k : columns - k);
  if (count <= 0) return true;
  ctx.emit('copy', [ctx.constant(toStorage(fromNumbers(dtype, [1], [1])))], [y], {
    dims: [count],
    xOffset: 0,
    xStrides: [0],
    yOffset: k < 0 ? -k * columns : k,
    yStrides: [columns + 1],
  });
  return true;
}
