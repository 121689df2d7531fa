// What a scheduler and a governor need of a session.
import type { InferenceSession as Ort } from 'onnxruntime-common';

export interface Runnable {
  readonly inputMetadata: readonly Ort.ValueMetadata[];
  readonly outputMetadata: readonly Ort.ValueMetadata[];
  run(feeds: Ort.FeedsType, options?: { readonly signal?: AbortSignal }): Promise<Ort.ReturnType>;
  /** As InferenceSession.acrossRows. Without it requests are not computed together. */
  acrossRows?(shapes: Readonly<Record<string, readonly number[]>>): string | null;
  /** The sessions behind this one, each of which may answer. */
  readonly parts?: readonly Runnable[];
}
