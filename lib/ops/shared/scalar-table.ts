// Integer form of arithmetic with one constant number: the operation is then a unary function, a table of 256 bytes.
import type { Node } from '../../graph/graph.js';
import { dtypes } from '../../tensor/dtype.js';
import { type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import type { IntegerContext, QuantParams } from '../op.js';
import { storageBias } from '../storage.js';
import { quantizeValue } from './quantized.js';

/** Computes one number of the node's output from its two inputs, in order. */
type Arithmetic = (a: number, b: number) => number;

/** A QTable node when one input is quantised to 8 bits and the other is one constant number, else null. */
export function scalarTable(ctx: IntegerContext, f: Arithmetic): readonly Node[] | null {
  if (ctx.node.inputs.length !== 2) return null;
  const left = constantNumber(ctx, 0);
  const right = constantNumber(ctx, 1);
  if ((left === null) === (right === null)) return null;
  const x = ctx.quantized(left === null ? 0 : 1);
  const { output } = ctx;
  if (x === undefined || !isByteScale(x.params) || !isByteScale(output)) return null;
  const unary = left === null ? (v: number) => f(v, right!) : (v: number) => f(left, v);
  return [tableNode(ctx, x, output, unary)];
}

/** The node that computes f on the 8-bit tensor x, giving the node's output. */
export function tableNode(
  ctx: IntegerContext,
  x: { readonly name: string; readonly params: QuantParams },
  output: QuantParams,
  f: (v: number) => number,
): Node {
  return {
    name: ctx.fresh(`${ctx.node.name}_table`),
    op: 'QTable',
    domain: 'ai.kompakt',
    inputs: [x.name, ctx.addConstant('table', quantizedTable(x.params, output, f))],
    outputs: [ctx.outputName],
    attributes: { to: { type: 'int', value: dtypes[output.zeroPoint.dtype].onnx } },
  };
}

/** One scale for the whole tensor, and an 8-bit zero point. */
export const isByteScale = (q: QuantParams | undefined): q is QuantParams =>
  q !== undefined &&
  q.scale.data.length === 1 &&
  (q.zeroPoint.dtype === 'uint8' || q.zeroPoint.dtype === 'int8');

/** The stored output byte of every stored input byte: quantise(f(dequantise(x))) in float32. */
function quantizedTable(x: QuantParams, y: QuantParams, f: (v: number) => number): TensorValue {
  const [xScale, xZero] = [toNumbers(x.scale)[0]!, toNumbers(x.zeroPoint)[0]!];
  const [xBias, yBias] = [storageBias(x.zeroPoint.dtype), storageBias(y.zeroPoint.dtype)];
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++)
    table[byte] = quantizedValue(y, f(Math.fround((byte - xBias - xZero) * xScale))) + yBias;
  return tensor('uint8', [256], table);
}

/** The byte-sized integer that stands for x under the parameters of a whole tensor. */
export function quantizedValue(q: QuantParams, x: number): number {
  const [scale, zero] = [toNumbers(q.scale)[0]!, toNumbers(q.zeroPoint)[0]!];
  return quantizeValue(Math.fround(x), { scale, zero, dtype: q.zeroPoint.dtype });
}

/**
 * The number that input i always is, or null. Only constants of rank 0 and 1 count: a higher rank could raise the
 * rank of the result, which a table cannot.
 */
function constantNumber(ctx: IntegerContext, i: number): number | null {
  const q = ctx.quantized(i);
  const value = ctx.constant(q?.name ?? ctx.node.inputs[i]!);
  if (value === undefined || value.data.length !== 1 || value.dims.length > 1) return null;
  const stored = toNumbers(value)[0]!;
  if (q === undefined) return stored;
  return Math.fround((stored - toNumbers(q.params.zeroPoint)[0]!) * toNumbers(q.params.scale)[0]!);
}
