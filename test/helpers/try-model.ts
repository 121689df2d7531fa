// Takes bytes that may or may not be a model as far as they go: load, optimise, plan, run. What goes wrong must be a
// KompaktError that blames the file.
import { isKompaktError } from '../../lib/errors.js';
import type { Tensor } from '../../lib/index.js';
import { Model } from '../../lib/model/model.js';
import { toTensor } from '../../lib/session/feeds.js';
import { InferenceSession } from '../../lib/session/session.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { type Dims, sizeOf } from '../../lib/tensor/shape.js';
import { allocate, type TensorValue } from '../../lib/tensor/tensor.js';

/** Elements of an input above which a model is not run: a big model is slow, not broken. */
const mostElements = 1 << 14;

/** What a hostile file may take (lib/tensor/limits.ts): little, so that a case ends soon. */
const limits = { KOMPAKT_MEMORY_LIMIT: '64', KOMPAKT_LOOP_LIMIT: '50' };

/** The code of what `run` throws, which must be a KompaktError, but not KPT_INTERNAL; else what it returns. */
export async function outcomeOf(run: () => string | Promise<string>): Promise<string> {
  const before = { ...process.env };
  Object.assign(process.env, limits);
  try {
    return await run();
  } catch (error) {
    if (!isKompaktError(error) || error.code === 'KPT_INTERNAL') throw error;
    return error.code;
  } finally {
    for (const name of Object.keys(limits))
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
  }
}

const zeros = (dtype: DType, dims: Dims): TensorValue =>
  dtype === 'string'
    ? { dtype, dims, data: new Array<string>(sizeOf(dims)).fill('') }
    : { dtype, dims, data: allocate(dtype, dims) };

/** How far the bytes went: the code of the error, or 'ran' or 'large'. Throws what should not have been thrown. */
export const tryModel = (bytes: Uint8Array): Promise<string> =>
  outcomeOf(async () => {
    const model = Model.loadSync(bytes);
    const session = InferenceSession.fromModel(model, { intraOpNumThreads: 1 });
    try {
      const feeds: Record<string, Tensor> = {};
      for (const { name, dtype, dims } of model.graph.inputs) {
        const shape = (dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 2));
        if (shape.reduce((size, dim) => size * Math.max(1, dim), 1) > mostElements) return 'large';
        feeds[name] = toTensor(zeros(dtype, shape));
      }
      session.runSync(feeds);
      return 'ran';
    } finally {
      await session.release();
    }
  });
