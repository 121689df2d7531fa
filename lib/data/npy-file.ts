// One tensor, one .npy file: the whole array, first axis included. (npy.ts reads such a file as a row of samples.)
import type { Tensor } from 'onnxruntime-common';
import { requireArgument } from '../errors.js';
import { writeFileAtomically } from '../onnx/write-file.js';
import { toTensor } from '../session/feeds.js';
import type { DType, TypedArray } from '../tensor/dtype.js';
import { bytesOf } from '../tensor/tensor.js';
import { ByteStream } from './byte-stream.js';
import { malformedData } from './dataset.js';
import { readNpy } from './npy.js';

/** Throws KPT_FILE_NOT_FOUND and KPT_DATA_MALFORMED. */
export async function loadNpy(path: string): Promise<Tensor> {
  const stream = await ByteStream.open(path);
  try {
    const { all } = await readNpy(stream, path);
    return toTensor(await all());
  } finally {
    await stream.close();
  }
}

const descriptions: Partial<Readonly<Record<DType, string>>> = {
  bool: '|b1',
  uint8: '|u1',
  int8: '|i1',
  uint16: '<u2',
  int16: '<i2',
  float16: '<f2',
  uint32: '<u4',
  int32: '<i4',
  float32: '<f4',
  uint64: '<u8',
  int64: '<i8',
  float64: '<f8',
};

/** Writes the tensor, or with KPT_FILE_WRITE nothing. Throws KPT_DATA_MALFORMED for types that npy does not have. */
export async function saveNpy(path: string, tensor: Tensor): Promise<void> {
  requireArgument(Array.isArray(tensor?.dims), 'a Tensor', 'saveNpy', tensor);
  const { type, dims, data } = tensor;
  const description = descriptions[type];
  if (description === undefined) return malformedData(`A ${type} tensor cannot be written as an npy array.`);
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const text = `{'descr': '${description}', 'fortran_order': False, 'shape': ${shape}, }`;
  // Magic and lengths are 10 bytes; blanks make the data start at a multiple of 64.
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11, ' ').concat('\n');
  const start = new Uint8Array(10);
  start.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  const body = bytesOf({ dtype: type, dims, data: data as TypedArray });
  await writeFileAtomically(path, Buffer.concat([start, Buffer.from(header, 'latin1'), body]));
}
