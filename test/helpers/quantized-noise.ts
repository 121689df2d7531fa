// What quantising makes of a graph on small pictures, judged by onnxruntime.
import type { Feeds } from '../../lib/calibrate/collect.js';
import { quantize } from '../../lib/compress/quantize/quantize.js';
import type { Graph } from '../../lib/graph/graph.js';
import { f32, toNumbers } from '../../lib/tensor/tensor.js';
import { onnxruntimeExecutor } from './onnxruntime-executor.js';
import { randomFloats } from './random-floats.js';

/** Samples for an input x of [1,3,8,8]. */
export const smallPictures: readonly Feeds[] = [1, 2, 3, 4].map(
  (seed) => new Map([['x', f32([1, 3, 8, 8], randomFloats(192, seed, 2))]]),
);

/** The quantised graph, and dB of signal over what quantising changed of its first output. */
export async function quantizedNoise(
  graph: Graph,
): Promise<{ readonly model: Graph; readonly sqnr: number }> {
  const { model } = await quantize(graph, {}, { data: smallPictures, executor: onnxruntimeExecutor });
  const [before, after] = [await onnxruntimeExecutor(graph), await onnxruntimeExecutor(model)];
  const { name } = graph.outputs[0]!;
  let [signal, noise] = [0, 0];
  for (const feeds of smallPictures) {
    const was = toNumbers((await before(feeds)).get(name)!);
    const is = toNumbers((await after(feeds)).get(name)!);
    was.forEach((v, i) => {
      signal += v * v;
      noise += (v - is[i]!) ** 2;
    });
  }
  return { model, sqnr: 10 * Math.log10(signal / noise) };
}
