// What a session says of its inputs and outputs: the metadata of onnxruntime-common, and whether a shape is declared.
import type { InferenceSession as Ort } from 'onnxruntime-common';
import type { ValueInfo } from '../graph/graph.js';

export interface TensorValueMetadata extends Ort.TensorValueMetadata {
  /** Set where the file tells no shape: `shape` is empty then, as for a scalar. */
  readonly undeclared?: true;
}

export type ValueMetadata = Ort.NonTensorValueMetadata | TensorValueMetadata;

export const metadataOf = ({ name, dtype, dims, container }: ValueInfo): ValueMetadata =>
  ({
    name,
    isTensor: container === undefined,
    type: dtype,
    shape: (dims ?? []).map((d) => d ?? ''),
    ...(dims === null && container === undefined ? { undeclared: true } : {}),
  }) as ValueMetadata;
