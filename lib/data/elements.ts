// Elements of a data file as a tensor: byte order and size checks that IDX and npy share.
import { bytesPerElement, type DType, dtypes } from '../tensor/dtype.js';
import { type Dims, sizeOf } from '../tensor/shape.js';
import { maxElements, type TensorValue, tensor } from '../tensor/tensor.js';
import { malformedData } from './dataset.js';

/** Bytes of a whole array, which may have no elements; KPT_DATA_MALFORMED for shapes that no file can hold. */
export function arrayBytes(dtype: DType, dims: Dims, where: string): number {
  const size = sizeOf(dims);
  if (dims.some((d) => !Number.isSafeInteger(d) || d < 0) || !(size <= maxElements))
    malformedData(`The shape [${dims.join(',')}] of '${where}' is not one that can be read.`);
  return size * bytesPerElement(dtype);
}

/** Bytes of one sample. Samples without elements are refused too: a few bytes could hold billions of them. */
export function recordBytes(dtype: DType, dims: Dims, where: string): number {
  const bytes = arrayBytes(dtype, dims, `a sample in ${where}`);
  if (bytes === 0) malformedData(`The samples in '${where}', of shape [${dims.join(',')}], are empty.`);
  return bytes;
}

/** `bytes` must be alone in their buffer; big-endian ones are turned around in place. */
export function toTensor(dtype: DType, dims: Dims, bytes: Uint8Array, bigEndian: boolean): TensorValue {
  const width = bytesPerElement(dtype);
  if (bigEndian && width > 1) {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (width === 2) view.swap16();
    else if (width === 4) view.swap32();
    else view.swap64();
  }
  return tensor(dtype, dims, new dtypes[dtype].array!(bytes.buffer, bytes.byteOffset, sizeOf(dims)));
}
