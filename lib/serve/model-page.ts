// What GET /v1/models/:name answers about a model: the metadata of the Open Inference Protocol, and what else is known.
import type { InferenceSession as Ort } from 'onnxruntime-common';
import { type Platform, platform } from '../run/native.js';
import type { DType } from '../tensor/dtype.js';
import type { ModelService } from './model-service.js';
import { datatypeOf } from './protocol.js';

/** What the protocol's paths call it. */
export const onlyVersion = '1';

export interface ModelPage {
  readonly name: string;
  /** A model is served in one version, whatever file it is. */
  readonly versions: readonly [typeof onlyVersion];
  readonly ready: boolean;
  /** What the protocol calls the runtime. */
  readonly platform: string;
  /** Free dimensions are -1, as in the protocol. */
  readonly inputs: readonly ValuePage[];
  readonly outputs: readonly ValuePage[];
  readonly file: string;
  /** All files of the model, best accuracy first. */
  readonly variants: readonly string[];
  /** The drift baseline's file; null without one. */
  readonly baseline: string | null;
  readonly bytes: number;
  readonly loadedAt: string;
  /** Milliseconds of the fastest warm-up run; null when there was none. */
  readonly warmUpMs: number | null;
  /** The CPU tier and what else is known of where it runs. */
  readonly device: Platform;
}

interface ValuePage {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export function describeModel(model: ModelService): ModelPage {
  const { inputMetadata, outputMetadata, bytes, loadedAt, warmUpMs } = model.current();
  return {
    name: model.name,
    versions: [onlyVersion],
    ready: model.ready,
    platform: 'kompakt',
    inputs: inputMetadata.map(valuePage),
    outputs: outputMetadata.map(valuePage),
    file: model.files.variants[0]!,
    variants: model.files.variants,
    baseline: model.files.baseline ?? null,
    bytes,
    loadedAt: loadedAt.toISOString(),
    warmUpMs,
    device: platform(),
  };
}

const valuePage = (value: Ort.ValueMetadata): ValuePage => ({
  name: value.name,
  datatype: value.isTensor ? datatypeOf(value.type as DType) : 'NONE',
  shape: value.isTensor ? value.shape.map((dim) => (typeof dim === 'number' ? dim : -1)) : [],
});
