// Whether models can stand for one another.
import type { InferenceSession as Ort } from 'onnxruntime-common';
import { KompaktError } from '../errors.js';

interface Signature {
  readonly inputMetadata: readonly Ort.ValueMetadata[];
  readonly outputMetadata: readonly Ort.ValueMetadata[];
}

/** Throws KPT_MODEL_DIFFERENT unless both have the same names, types and shapes. */
export function checkSameInterface(one: Signature, other: Signature, what: string): void {
  if (text(one) === text(other)) return;
  throw new KompaktError(
    'KPT_MODEL_DIFFERENT',
    `${what} has other inputs or outputs: ${text(other)} instead of ${text(one)}.`,
  );
}

const text = ({ inputMetadata, outputMetadata }: Signature): string =>
  `${inputMetadata.map(valueText).join(', ')} -> ${outputMetadata.map(valueText).join(', ')}`;

/** Names of free dimensions do not matter. */
const valueText = (value: Ort.ValueMetadata): string =>
  value.isTensor
    ? `${value.name}: ${value.type} [${value.shape.map((dim) => (typeof dim === 'number' ? dim : '?')).join(',')}]`
    : value.name;
