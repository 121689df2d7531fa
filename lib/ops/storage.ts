// How the engine stores 8-bit activations: always as unsigned bytes. An int8 value v is stored as v + 128, so kernels
// have one activation type on every CPU; zero points and clamps move alike.
import type { DType } from '../tensor/dtype.js';
import { type TensorValue, tensor } from '../tensor/tensor.js';

/** 128 for int8, else 0: stored = value + storageBias. */
export const storageBias = (dtype: DType): number => (dtype === 'int8' ? 128 : 0);

/** Clamp bounds of an 8-bit type as stored: always the full byte. */
export const storedRange = [0, 255] as const;

/** The stored form of an 8-bit tensor (uint8 dtype); other tensors as they are. */
export function toStorage(t: TensorValue): TensorValue {
  if (t.dtype !== 'int8') return t;
  const data = t.data as Int8Array;
  return tensor(
    'uint8',
    t.dims,
    Uint8Array.from(data, (v) => v + 128),
  );
}
