// Functions of one byte as tables of 256: what 8-bit activations become in the engine. A table is indexed by the
// stored byte and gives the stored byte (ops/storage.ts).
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import type { Buffer, LowerContext } from '../op.js';
import { storageBias } from '../storage.js';
import { type Activation, applyActivation } from './activation.js';
import { quantizeValue, type Scalar8, storedZero } from './quantized.js';

/** The table of y = quantize(activation(dequantize(x))). */
export function byteTable(activation: Activation, x: Scalar8, y: Scalar8): TensorValue {
  const values = Float32Array.from({ length: 256 }, (_, byte) => (byte - storedZero(x)) * x.scale);
  applyActivation(values, activation);
  const table = Uint8Array.from(values, (v) => quantizeValue(v, y) + storageBias(y.dtype));
  return tensor('uint8', [256], table);
}

/** table[x] for every element of an 8-bit tensor, as the type `to`. */
export function lookUp(x: TensorValue, table: TensorValue, to: 'uint8' | 'int8'): TensorValue {
  const entries = table.data as Uint8Array;
  const from = storageBias(x.dtype);
  const bias = storageBias(to);
  const data = new (to === 'int8' ? Int8Array : Uint8Array)(x.data.length);
  (x.data as Uint8Array | Int8Array).forEach((v, i) => {
    data[i] = entries[v + from] - bias;
  });
  return tensor(to, x.dims, data);
}

/** table_u8 from input i to output 0 in the layout that the input has. */
export function emitTable(ctx: LowerContext, i: number, table: TensorValue): boolean {
  const layout = ctx.layoutOf(i);
  const x: Buffer = ctx.read(i, layout);
  ctx.emit('table_u8', [x, ctx.constant(table)], [ctx.write(0, layout)], {});
  return true;
}
