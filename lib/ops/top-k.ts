// The k largest (or smallest) elements along an axis with their indices, best first; ties by lower index.
import { expected, KompaktError } from '../errors.js';
import { type Dims, normalizeAxis, sizeOf } from '../tensor/shape.js';
import { i64, scalarOf } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputValue,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { comparable } from './shared/binary.js';
import { type Element, elementsOf, numberTypes, pick, typedInput } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';
import { readPlain } from './shared/layout.js';
import { linesOf } from './shared/lines.js';
import { splitDims } from './shared/physical-axis.js';

export const topK = defineOp({
  op: 'TopK',
  domain: '',
  since: 10,
  inputs: [2, 2],
  outputs: [2, 2],
  attributes: {
    axis: { type: 'int', default: -1 },
    largest: { type: 'int', default: 1 },
    sorted: { type: 'int', default: 1 },
  },
  infer: (ctx) => {
    const { dims } = resultOf(ctx);
    return [
      { dtype: ctx.inputs[0]!.dtype, dims },
      { dtype: 'int64', dims },
    ];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const { axis, dims } = resultOf(knownContext(ctx));
    const largest = intAttr(ctx.node, 'largest', 1) === 1;
    const values = elementsOf(x);
    const from = linesOf(x.dims, axis);
    const to = linesOf(dims, axis);
    const indices = new Array<number>(sizeOf(dims)).fill(0);
    const offsets = new Array<number>(indices.length).fill(0);
    from.starts.forEach((start, line) => {
      const at = (i: number) => values[start + i * from.stride]!;
      const order = Array.from({ length: from.length }, (_, i) => i);
      order.sort((a, b) => compareOf(at(a), at(b), largest) || a - b);
      for (let i = 0; i < to.length; i++) {
        const place = to.starts[line]! + i * to.stride;
        indices[place] = order[i]!;
        offsets[place] = start + order[i]! * from.stride;
      }
    });
    return [pick(x, dims, offsets), i64(indices, dims)];
  },
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('its second output is an index'),
  lower: (ctx) => {
    const { dtype, dims } = ctx.inputs[0]!;
    const result = ctx.outputs[0]!.dims;
    if (!comparable.includes(dtype)) return false;
    const axis = normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where);
    const outputs = ctx.node.outputs.map((name, i) =>
      name === '' ? ctx.temporary(i === 0 ? dtype : 'int64', result) : ctx.write(i, 'plain'),
    );
    ctx.emit('top_k', [readPlain(ctx, 0)], outputs, {
      dims: splitDims(dims, axis),
      k: result[axis]!,
      largest: intAttr(ctx.node, 'largest', 1),
    });
    return true;
  },
});

/** Below 0 when `a` comes first. NaN comes last. */
function compareOf(a: Element, b: Element, largest: boolean): number {
  const [aCounts, bCounts] = [Number(!Number.isNaN(a)), Number(!Number.isNaN(b))];
  if (aCounts !== bCounts || aCounts === 0) return bCounts - aCounts;
  if (a === b) return 0;
  return a > b === largest ? -1 : 1;
}

function resultOf(ctx: InferContext): { readonly axis: number; readonly dims: Dims } {
  const { dims } = typedInput(ctx, 0, numberTypes);
  const axis = normalizeAxis(intAttr(ctx.node, 'axis', -1), dims.length, ctx.where);
  const k = scalarOf(needValue(ctx, 1), `input K of ${ctx.where}`);
  if (k < 0 || k > dims[axis]!)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`k in [0,${dims[axis]}]`, ctx.where, k));
  return { axis, dims: dims.with(axis, k) };
}
