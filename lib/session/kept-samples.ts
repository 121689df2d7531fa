// Samples for those who keep them. What makes samples one by one may write each into the memory of the one before, which costs
// nothing where they are looked at once, and makes all that are kept the last one.
import type { Tensor } from 'onnxruntime-common';
import { type SamplesOf, samplesIn } from './samples.js';
import type { Tensors } from './values.js';

interface Kept {
  readonly feeds: Tensors;
  readonly targets?: Tensors;
}

/** The samples with memory of their own; those of an array have it. */
export function keptSamples<T extends Kept>(samples: SamplesOf<T>): SamplesOf<T> {
  if (Array.isArray(samples)) return samples;
  return {
    async *[Symbol.asyncIterator]() {
      for await (const sample of samplesIn<T>(samples)) {
        const { feeds, targets } = sample;
        yield { ...sample, feeds: copied(feeds), ...(targets && { targets: copied(targets) }) };
      }
    },
  };
}

const copied = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, copyOf(value)]));

/** What a Tensor is read for, also one of another copy of onnxruntime-common. What is none is left to those who say so. */
const copyOf = (value: Tensor): Tensor => {
  if (!ArrayBuffer.isView(value?.data) && !Array.isArray(value?.data)) return value;
  const { type, dims, data } = value;
  return { type, dims: [...dims], data: data.slice() } as unknown as Tensor;
};
