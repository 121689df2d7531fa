// Factory of ArgMax and ArgMin: the index of the element of a line that beats all others.
import { expected, KompaktError } from '../../errors.js';
import type { Node } from '../../graph/graph.js';
import { type Dims, normalizeAxis } from '../../tensor/shape.js';
import { i64 } from '../../tensor/tensor.js';
import { defineOp, inputValue, intAttr, noMacs, notDifferentiable, type OpDef, staysFloat } from '../op.js';
import { comparable } from './binary.js';
import { type Element, elementsOf, numberTypes, typedInput } from './elements.js';
import { readPlain } from './layout.js';
import { linesOf } from './lines.js';
import { splitDims } from './physical-axis.js';

export function argOp(op: string, largest: boolean): OpDef {
  const beats = (a: Element, b: Element): boolean => (largest ? a > b : a < b);
  return defineOp({
    op,
    domain: '',
    since: 1,
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: {
      axis: { type: 'int', default: 0 },
      keepdims: { type: 'int', default: 1 },
      select_last_index: { type: 'int', default: 0 },
    },
    infer: (ctx) => {
      const { dims } = typedInput(ctx, 0, numberTypes);
      const { axis, kept } = placeOf(ctx.node, dims, ctx.where);
      if (dims[axis] === 0)
        throw new KompaktError(
          'KPT_SHAPE_MISMATCH',
          expected(`elements along axis ${axis}`, ctx.where, dims),
        );
      return [{ dtype: 'int64', dims: kept }];
    },
    reference: (ctx) => {
      const x = inputValue(ctx, 0);
      const { axis, kept } = placeOf(ctx.node, x.dims, ctx.where);
      const last = intAttr(ctx.node, 'select_last_index', 0) === 1;
      const { starts, length, stride } = linesOf(x.dims, axis);
      const values = elementsOf(x);
      const best = starts.map((start) => {
        let at = 0;
        for (let i = 1; i < length; i++) {
          const [now, candidate] = [values[start + at * stride]!, values[start + i * stride]!];
          if (beats(candidate, now) || (last && candidate === now)) at = i;
        }
        return at;
      });
      return [i64(best, kept)];
    },
    gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
    cost: noMacs,
    quantize: staysFloat('its output is an index'),
    lower: (ctx) => {
      const { dtype, dims } = ctx.inputs[0]!;
      if (!comparable.includes(dtype)) return false;
      const { axis } = placeOf(ctx.node, dims, ctx.where);
      ctx.emit('arg_extreme', [readPlain(ctx, 0)], [ctx.write(0, 'plain')], {
        dims: splitDims(dims, axis),
        largest: Number(largest),
        last: intAttr(ctx.node, 'select_last_index', 0),
      });
      return true;
    },
  });
}

function placeOf(node: Node, dims: Dims, where: string): { readonly axis: number; readonly kept: Dims } {
  const axis = normalizeAxis(intAttr(node, 'axis', 0), dims.length, where);
  const keep = intAttr(node, 'keepdims', 1) === 1;
  return { axis, kept: keep ? dims.with(axis, 1) : dims.toSpliced(axis, 1) };
}
