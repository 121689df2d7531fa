// Streams of feeds between the two forms that they have: Tensors for users, values inside.
import type { Tensor } from 'onnxruntime-common';
import { expected, KompaktError } from '../errors.js';
import { dtypes } from '../tensor/dtype.js';
import { type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import { type SamplesOf, samplesIn } from './samples.js';

export type Tensors = Readonly<Record<string, Tensor>>;

/** Feeds of samples as values; the data is not copied. Throws as samplesIn, and KPT_TYPE_MISMATCH for what is not a Tensor. */
export async function* valuesOf(
  samples: SamplesOf<{ readonly feeds: Tensors }>,
): AsyncGenerator<ReadonlyMap<string, TensorValue>> {
  for await (const { feeds } of samplesIn<{ readonly feeds: Tensors }>(samples)) yield toValues(feeds);
}

/** The same for the feeds of one sample. */
export const toValues = (sample: Tensors): ReadonlyMap<string, TensorValue> =>
  new Map(Object.entries(sample).map(([name, value]) => [name, toTensorValue(name, value)]));

function toTensorValue(name: string, value: Tensor): TensorValue {
  if (typeof value !== 'object' || value === null || !(value.type in dtypes))
    throw new KompaktError('KPT_TYPE_MISMATCH', expected('a Tensor', `sample input '${name}'`, value));
  return tensor(value.type, value.dims, value.data as TensorValue['data']);
}

/** The elements of a Tensor as numbers, of float16 too: where JavaScript has no Float16Array, its data is bits. */
export const numbersOf = ({ type, dims, data }: Tensor): Float64Array =>
  toNumbers(tensor(type, dims, data as TensorValue['data']));
