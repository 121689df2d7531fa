// TensorScatter: writes `update` into a copy of a cache, from a position of its own for each sample of the batch. Inputs:
// past_cache, update, write_indices? (default 0).
import { expected, KompaktError } from '../errors.js';
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { i64, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
  stringAttr,
} from './op.js';
import { allTypes, editable, fromRaw, indexTypes, typedInput } from './shared/elements.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';
import { readPlain } from './shared/layout.js';
import { movable } from './shared/move.js';

const axisOf = (ctx: Pick<InferContext, 'node' | 'where'>, rank: number): number => {
  const axis = normalizeAxis(intAttr(ctx.node, 'axis', -2), rank, ctx.where);
  if (axis === 0) illegalAttribute('an axis behind the batch', ctx.where, axis);
  return axis;
};

export const tensorScatter = defineOp({
  op: 'TensorScatter',
  domain: '',
  since: 24,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: { axis: { type: 'int', default: -2 }, mode: { type: 'string', default: 'linear' } },
  infer: (ctx) => {
    const past = typedInput(ctx, 0, allTypes);
    const update = typedInput(ctx, 1, [past.dtype]).dims;
    const axis = axisOf(ctx, past.dims.length);
    const fits =
      update.length === past.dims.length &&
      update.every((d, i) => (i === axis ? d <= past.dims[i] : d === past.dims[i]));
    if (!fits)
      illegalShape(`an update like [${past.dims.join(',')}] but for axis ${axis}`, ctx.where, update);
    if (ctx.inputs[2] !== undefined && inputType(ctx, 2).dims.join() !== `${past.dims[0]}`)
      illegalShape(`${past.dims[0]} write indices`, ctx.where, inputType(ctx, 2).dims);
    const mode = stringAttr(ctx.node, 'mode', 'linear');
    if (mode !== 'linear' && mode !== 'circular')
      illegalAttribute('mode linear or circular', ctx.where, mode);
    return [past];
  },
  reference: (ctx) => {
    const past = inputValue(ctx, 0);
    const update = inputValue(ctx, 1);
    const axis = axisOf(ctx, past.dims.length);
    const starts = ctx.inputs[2] && toNumbers(ctx.inputs[2]);
    const circular = stringAttr(ctx.node, 'mode', 'linear') === 'circular';
    const [length, written] = [past.dims[axis], update.dims[axis]];
    const inner = sizeOf(past.dims.slice(axis + 1));
    const outer = sizeOf(past.dims.slice(0, axis));
    const out = editable(past);
    for (let o = 0; o < outer; o++) {
      const first = starts?.[Math.floor((o * past.dims[0]) / outer)] ?? 0;
      if (first < 0 || (!circular && first + written > length)) {
        const wanted = circular ? 'a start of 0 or more' : `a start in [0,${length - written}]`;
        throw new KompaktError('KPT_DATA_MALFORMED', expected(wanted, ctx.where, first));
      }
      for (let i = 0; i < written; i++) {
        const position = circular ? (first + i) % length : first + i;
        for (let k = 0; k < inner; k++)
          out[(o * length + position) * inner + k] = update.data[(o * written + i) * inner + k];
      }
    }
    return [fromRaw(past.dtype, past.dims, out)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('what is written would need the scale of the cache'),
  lower: (ctx) => {
    const [past, update, starts] = ctx.inputs;
    const { dims } = past!;
    const axis = axisOf(ctx, dims.length);
    const [length, written] = [dims[axis]!, update!.dims[axis]!];
    const circular = stringAttr(ctx.node, 'mode', 'linear') === 'circular';
    if (!movable(past!.dtype) || (starts && !indexTypes.includes(starts.dtype))) return false;
    const from = starts ? readPlain(ctx, 2) : ctx.constant(i64(new Int32Array(dims[0]!)));
    ctx.emit('tensor_scatter', [readPlain(ctx, 0), from, readPlain(ctx, 1)], [ctx.write(0, 'plain')], {
      dims: [dims[0]!, sizeOf(dims.slice(1, axis)), length, sizeOf(dims.slice(axis + 1))],
      written,
      circular: Number(circular),
    });
    return true;
  },
});
