// Unary functions of 8-bit values as tables of 256 stored bytes (ops/storage.ts), and the QTable nodes that hold them.
import { attr } from '../graph/attribute.js';
import type { Node } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';
import type { QuantParams } from '../ops/op.js';
import { quantizeValue } from '../ops/shared/quantized.js';
import { storageBias } from '../ops/storage.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import { type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';

/** The real number of each stored byte: (q - zero) * scale in float32. */
export function realValues({ scale, zeroPoint }: QuantParams): Float32Array {
  const [s, z] = [toNumbers(scale)[0], toNumbers(zeroPoint)[0]];
  const bias = storageBias(zeroPoint.dtype);
  const values = new Float32Array(256);
  for (let byte = 0; byte < 256; byte++) values[byte] = (byte - bias - z) * s;
  return values;
}

/** quantizeValue() with these parameters, which are read once. */
export function quantizer({ scale, zeroPoint }: QuantParams): (x: number) => number {
  const params = { scale: toNumbers(scale)[0], zero: toNumbers(zeroPoint)[0], dtype: zeroPoint.dtype };
  return (x) => quantizeValue(Math.fround(x), params);
}

/** Table that quantises `values`, the function's results at all stored bytes. */
export function tableOf(values: ArrayLike<number>, y: QuantParams): TensorValue {
  const bias = storageBias(y.zeroPoint.dtype);
  const quantize = quantizer(y);
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) table[byte] = quantize(values[byte]) + bias;
  return tensor('uint8', [256], table);
}

/** Table that clamps stored bytes of `dtype` to [lo, hi], given in values of the type. */
export function clampTable(dtype: DType, lo: number, hi: number): TensorValue {
  const bias = storageBias(dtype);
  return tensor(
    'uint8',
    [256],
    Uint8Array.from({ length: 256 }, (_, byte) => Math.max(lo, Math.min(hi, byte - bias)) + bias),
  );
}

/** The table of `second` after `first`. */
export const composed = (first: TensorValue, second: TensorValue): TensorValue =>
  tensor(
    'uint8',
    [256],
    Uint8Array.from(first.data as Uint8Array, (byte) => (second.data as Uint8Array)[byte]),
  );

export function tableNode(
  editor: GraphEditor,
  x: string,
  table: TensorValue,
  to: DType,
  output: string,
): Node {
  const name = editor.addConstant(`${output}_table`, table);
  return editor.newNode('QTable', [x, name], [output], { to: attr.int(dtypes[to].onnx) }, 'ai.kompakt');
}
