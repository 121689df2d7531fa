// Takes bytes that may or may not be a model as far as they go: load, optimise, plan, run. What goes wrong must be a
// KompaktError that blames the file.
import { isKompaktError } from '../../lib/errors.js';
import { Tensor } from '../../lib/index.js';
import { Model } from '../../lib/model/model.js';
import { InferenceSession } from '../../lib/session/session.js';
import { allocate } from '../../lib/tensor/tensor.js';

/** Elements of an input above which a model is not run: a big model is slow, not broken. */
const mostElements = 1 << 14;

/** How far the bytes went: the code of the error, or 'ran' or 'large'. Throws what should not have been thrown. */
export function tryModel(bytes: Uint8Array): string {
  let session: InferenceSession | undefined;
  try {
    const model = Model.loadSync(bytes);
    session = InferenceSession.fromModel(model, { intraOpNumThreads: 1 });
    const feeds: Record<string, Tensor> = {};
    for (const { name, dtype, dims } of model.graph.inputs) {
      const shape = (dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 2));
      if (shape.reduce((size, dim) => size * Math.max(1, dim), 1) > mostElements) return 'large';
      feeds[name] = new Tensor(dtype as 'float32', allocate(dtype, shape) as Float32Array, shape);
    }
    session.runSync(feeds);
    return 'ran';
  } catch (error) {
    if (!isKompaktError(error) || error.code === 'KPT_INTERNAL') throw error;
    return error.code;
  } finally {
    void session?.release();
  }
}
