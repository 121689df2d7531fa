// What a session of its own makes of made-up feeds, with or without a plan cache.
import { Tensor } from 'onnxruntime-common';
import { InferenceSession } from '../../lib/session/session.js';
import { signal } from './models.js';

export type Shapes = Readonly<Record<string, readonly number[]>>;

export const feedsOf = (shapes: Shapes) =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => {
      const size = dims.reduce((a, b) => a * b, 1);
      return [name, new Tensor('float32', signal(size, 3), dims)];
    }),
  );

/** Bytes of all outputs. */
export async function outcome(
  model: string | Uint8Array,
  shapes: Shapes,
  planCache?: string,
): Promise<string> {
  const options = { intraOpNumThreads: 1, ...(planCache !== undefined && { planCache }) };
  const session = await InferenceSession.create(model as string, options);
  const results = await session.run(feedsOf(shapes));
  await session.release();
  return session.outputNames
    .map((name) => {
      const data = results[name]!.data as Float32Array;
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
    })
    .join();
}
