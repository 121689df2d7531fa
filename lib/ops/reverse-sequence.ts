// Reverses the first elements of every sequence of a batch; each sequence has its own length.
import { expected, KompaktError } from '../errors.js';
import { type Dims, sameDims, sizeOf, stridesOf } from '../tensor/shape.js';
import { toNumbers } from '../tensor/tensor.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, notDifferentiable } from './op.js';
import { pick, typedInput } from './shared/elements.js';
import { readPlain } from './shared/layout.js';
import { movable } from './shared/move.js';

export const reverseSequence = defineOp({
  op: 'ReverseSequence',
  domain: '',
  since: 10,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { batch_axis: { type: 'int', default: 1 }, time_axis: { type: 'int', default: 0 } },
  infer: (ctx) => {
    const x = inputType(ctx, 0);
    const batch = intAttr(ctx.node, 'batch_axis', 1);
    const time = intAttr(ctx.node, 'time_axis', 0);
    if (
      x.dims.length < 2 ||
      batch + time !== 1 ||
      !sameDims(typedInput(ctx, 1, ['int64']).dims, [x.dims[batch] as number])
    )
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected('axes 0 and 1 for batch and time, and one length for each of the batch', ctx.where, x.dims),
      );
    return [x];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const batch = intAttr(ctx.node, 'batch_axis', 1);
    const lengths = toNumbers(inputValue(ctx, 1));
    const time = 1 - batch;
    const wrong = lengths.find((n) => !(n >= 0 && n <= x.dims[time]!));
    if (wrong !== undefined)
      throw new KompaktError(
        'KPT_DATA_MALFORMED',
        expected(`a length in [0,${x.dims[time]}]`, ctx.where, wrong),
      );
    const [batchStride, timeStride] = [stridesOf(x.dims)[batch]!, stridesOf(x.dims)[time]!];
    const coordinate = (at: number, axis: number, dims: Dims, stride: number) =>
      Math.floor(at / stride) % dims[axis]!;
    const offsets = Array.from({ length: x.data.length }, (_, at) => {
      const t = coordinate(at, time, x.dims, timeStride);
      const length = lengths[coordinate(at, batch, x.dims, batchStride)]!;
      return t < length ? at + (length - 1 - 2 * t) * timeStride : at;
    });
    return [pick(x, x.dims, offsets)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const timeFirst = intAttr(ctx.node, 'batch_axis', 1);
    if (!movable(dtype)) return false;
    ctx.emit('reverse_sequence', [readPlain(ctx, 0), readPlain(ctx, 1)], [ctx.write(0, 'plain')], {
      dims: [dims[0]!, dims[1]!, sizeOf(dims.slice(2))],
      timeFirst,
    });
    return true;
  },
});
