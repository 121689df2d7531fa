// The discrete Fourier transform along one axis. The last axis holds real numbers (size 1) or complex ones (size 2).
import type { Graph } from '../graph/graph.js';
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import { fromNumbers, i64, scalarOf, toNumbers } from '../tensor/tensor.js';
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
import { Body } from './shared/body.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { fourier } from './shared/fourier.js';
import { factorOf, transformed } from './shared/fourier-body.js';
import { illegalAttribute, illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';
import { linesOf } from './shared/lines.js';

export const dft = defineOp({
  op: 'DFT',
  domain: '',
  since: 17,
  inputs: [1, 3],
  outputs: [1, 1],
  attributes: {
    axis: { type: 'int', default: null },
    inverse: { type: 'int', default: 0 },
    onesided: { type: 'int', default: 0 },
  },
  infer: (ctx) => {
    const { dtype, dims } = typedInput(ctx, 0, floatTypes);
    const { axis, bins } = planOf(ctx);
    return [{ dtype, dims: [...dims.with(axis, bins).slice(0, -1), 2] }];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const { axis, length, bins, inverse } = planOf(knownContext(ctx));
    const values = toNumbers(x);
    const parts = x.dims[x.dims.length - 1];
    const points = x.dims.slice(0, -1);
    const from = linesOf(points, axis);
    const to = linesOf(points.with(axis, bins), axis);
    const y = new Float64Array(2 * to.starts.length * bins);
    from.starts.forEach((start, i) => {
      const line = new Float64Array(2 * length);
      for (let t = 0; t < Math.min(length, from.length); t++)
        for (let part = 0; part < parts; part++)
          line[2 * t + part] = values[(start + t * from.stride) * parts + part];
      const spectrum = fourier(line, bins, inverse);
      for (let k = 0; k < bins; k++)
        for (let part = 0; part < 2; part++)
          y[2 * (to.starts[i] + k * to.stride) + part] = spectrum[2 * k + part];
    });
    return [fromNumbers(x.dtype, [...points.with(axis, bins), 2], y)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('spectra need more than 8 bits'),
  lower: 'host',
  inline,
});

/** The axis last, cut off or filled with zeros, and every line a row of a product. */
function inline(ctx: InferContext): Graph | undefined {
  if ([1, 2].some((i) => ctx.inputs[i] !== undefined && ctx.value(i) === undefined)) return undefined;
  const { dtype, dims } = typedInput(ctx, 0, floatTypes);
  const { axis, length, bins, inverse } = planOf(ctx);
  const parts = dims[dims.length - 1];
  const transform = { length, parts, bins, inverse };
  const factor = factorOf(transform);
  if (dtype !== 'float32' || dims.includes(0) || factor === undefined) return undefined;
  const body = new Body(ctx);
  const others = dims.map((_, i) => i).filter((i) => i !== axis && i !== dims.length - 1);
  const rows = sizeOf(others.map((i) => dims[i]));
  const last = [...others, axis, dims.length - 1];
  let x = body.reshape(body.transpose(body.input(0), last), [rows, dims[axis] * parts]);
  const missing = (length - dims[axis]) * parts;
  if (missing < 0) x = body.slice(x, 0, length * parts, 1);
  if (missing > 0) x = body.one('Pad', [x, body.graph.constant('pads', i64([0, 0, 0, missing]))]);
  const y = body.reshape(transformed(body, x, rows, transform, factor), [
    ...others.map((i) => dims[i]),
    bins,
    2,
  ]);
  return body.finish([
    body.transpose(
      y,
      dims.map((_, i) => last.indexOf(i)),
    ),
  ]);
}

interface Plan {
  readonly axis: number;
  /** Elements that are transformed: cut off or filled with zeros. */
  readonly length: number;
  readonly bins: number;
  readonly inverse: boolean;
}

function planOf(ctx: InferContext): Plan {
  const { dims } = typedInput(ctx, 0, floatTypes);
  const rank = dims.length;
  if (rank < 2 || (dims[rank - 1] !== 1 && dims[rank - 1] !== 2))
    illegalShape('an input whose last axis has size 1 or 2', ctx.where, dims);
  // From opset 20 on the axis is an input.
  const given =
    ctx.inputs[2] === undefined
      ? intAttr(ctx.node, 'axis', ctx.opset < 20 ? 1 : -2)
      : scalarOf(needValue(ctx, 2), ctx.where);
  const axis = normalizeAxis(given, rank, ctx.where);
  if (axis === rank - 1) illegalAttribute('an axis before the last', ctx.where, given);
  const length = ctx.inputs[1] === undefined ? dims[axis] : scalarOf(needValue(ctx, 1), ctx.where);
  const inverse = intAttr(ctx.node, 'inverse', 0) === 1;
  const half = intAttr(ctx.node, 'onesided', 0) === 1;
  if (half && inverse) illegalAttribute('inverse or onesided', ctx.where, 'both');
  if (length < 1) illegalShape('a length of 1 or more', ctx.where, length);
  return { axis, length, bins: half ? Math.floor(length / 2) + 1 : length, inverse };
}
