// Models whose rows are samples of their own.
import type { InferenceSession as Ort } from 'onnxruntime-common';

/** Whether every input and output is a tensor whose first dimension is free, the inputs' by one name. */
export function isBatchable(
  inputs: readonly Ort.ValueMetadata[],
  outputs: readonly Ort.ValueMetadata[],
): boolean {
  const first = (value: Ort.ValueMetadata): unknown => (value.isTensor ? value.shape[0] : undefined);
  const free = [...inputs, ...outputs].every((value) => typeof first(value) === 'string');
  return free && new Set(inputs.map(first)).size === 1;
}
