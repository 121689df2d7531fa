// npy arrays: a header in text, then the elements. The first axis counts the samples.
// Format: NumPy Enhancement Proposal 1 and numpy.lib.format.
import type { DType } from '../tensor/dtype.js';
import type { TensorValue } from '../tensor/tensor.js';
import { ByteStream } from './byte-stream.js';
import { type Dataset, dataset, malformedData } from './dataset.js';
import { wantedOf } from './draw.js';
import { arrayBytes, recordBytes, toTensor } from './elements.js';

const types: Readonly<Record<string, DType>> = {
  b1: 'bool',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  f2: 'float16',
  u4: 'uint32',
  i4: 'int32',
  f4: 'float32',
  u8: 'uint64',
  i8: 'int64',
  f8: 'float64',
};

/** An open npy array. */
export interface NpyArray {
  readonly count: number;
  /** Of one sample. */
  readonly dims: readonly number[];
  readonly next: () => Promise<TensorValue>;
  /** All samples as one tensor, in the place of next(). It may have no elements, which samples must have. */
  readonly all: () => Promise<TensorValue>;
}

export const npy = (path: string): Dataset =>
  dataset(async function* (most) {
    const stream = await ByteStream.open(path);
    try {
      const array = await readNpy(stream, path);
      const wanted = wantedOf(array.count, most);
      for (let i = 0; i < wanted.end; i++) {
        const value = await array.next();
        if (wanted.has(i)) yield { name: `${path}[${i}]`, layout: 'array', arrays: { '': value } };
      }
    } finally {
      await stream.close();
    }
  });

/** Reads the header; next() then gives one sample after the other. */
export async function readNpy(stream: ByteStream, where: string): Promise<NpyArray> {
  const magic = await stream.take(8);
  if (magic[0] !== 0x93 || new TextDecoder().decode(magic.subarray(1, 6)) !== 'NUMPY')
    malformedData(`'${where}' is not an npy array.`);
  const lengthBytes = await stream.take(magic[6]! >= 2 ? 4 : 2);
  const length = lengthBytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  const header = new TextDecoder().decode(await stream.take(length));
  const descr = /'descr':\s*'([<>|=]?)(\w+)'/.exec(header);
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(header);
  const fortran = /'fortran_order':\s*(True|False)/.exec(header);
  const dtype = types[descr?.[2] ?? ''];
  if (dtype === undefined || shape === null || fortran === null)
    return malformedData(
      `The npy header of '${where}' is not one of a plain numeric array: ${header.trim().slice(0, 200)}`,
    );
  const whole = (shape[1]!.match(/\d+/g) ?? []).map(Number);
  if (fortran[1] === 'True' && whole.length > 1)
    malformedData(`The npy array '${where}' is in Fortran order; save it with numpy.ascontiguousarray.`);
  const [count = 1, ...dims] = whole;
  const read = async (part: readonly number[], bytesOf: typeof arrayBytes) =>
    toTensor(dtype, part, await stream.take(bytesOf(dtype, part, where)), descr![1] === '>');
  return { count, dims, next: () => read(dims, recordBytes), all: () => read(whole, arrayBytes) };
}
