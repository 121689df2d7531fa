// Which layers suffer most from being binary: one at a time is made so, the statistics of BatchNormalization are taken anew,
// and the output is compared with that of the model as it was. No training, so this ranks layers and says no more.

import { BatchBuffer } from '../../data/batch.js';
import { KompaktError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { GraphExecutor } from '../../session/executor.js';
import { samplesIn } from '../../session/samples.js';
import { toValues } from '../../session/values.js';
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { reestimateBatchNorm } from '../../train/batch-norm.js';
import type { Lesson, TrainingInputs } from '../../train/train-model.js';
import { withBinaryActivations } from './activations.js';
import type { BinaryLayer } from './layers.js';
import type { BinaryMethod } from './method.js';
import { withBinaryWeights } from './prepare.js';

export interface Damage {
  readonly layer: BinaryLayer;
  /** Root of the squared change of the first output over its squared size. */
  readonly damage: number;
}

const batches = 8;
const batchSize = 32;

type Feeds = ReadonlyMap<string, TensorValue>;

/** Layers with the damage that each does alone, the worst first. */
export async function rankLayers(
  graph: Graph,
  layers: readonly BinaryLayer[],
  method: BinaryMethod,
  data: TrainingInputs['data'],
  threads: number,
): Promise<readonly Damage[]> {
  const inputs = await firstBatches(data);
  const wanted = await outputs(graph, inputs, threads);
  const size = norm(wanted.map(toNumbers));
  const ranked: Damage[] = [];
  for (const layer of layers) {
    const form = withBinaryActivations(graph, [layer], method.activations);
    const binary = withBinaryWeights(form, [layer], method.weights);
    const measured = await reestimateBatchNorm(binary.graph, inputs, { batches, threads });
    const got = await outputs(measured, inputs, threads);
    const change = got.map((value, i) => {
      const other = toNumbers(wanted[i]!);
      return toNumbers(value).map((v, k) => v - other[k]!);
    });
    ranked.push({ layer, damage: size === 0 ? 0 : norm(change) / size });
  }
  return ranked.sort((a, b) => b.damage - a.damage);
}

const norm = (parts: readonly Float64Array[]): number =>
  Math.sqrt(parts.reduce((sum, part) => sum + part.reduce((s, v) => s + v * v, 0), 0));

async function firstBatches(data: TrainingInputs['data']): Promise<readonly Feeds[]> {
  const made: Feeds[] = [];
  let buffers: Map<string, BatchBuffer> | undefined;
  let count = 0;
  for await (const { feeds } of samplesIn<Lesson>(data)) {
    const values = toValues(feeds);
    buffers ??= new Map(
      [...values].map(([name, { dtype, dims }]) => [
        name,
        new BatchBuffer(name, { dtype, dims: dims.slice(1) }, batchSize),
      ]),
    );
    for (const [name, buffer] of buffers) buffer.set(count, values.get(name)!, `sample ${count}`);
    if (++count < batchSize) continue;
    made.push(new Map([...buffers].map(([name, buffer]) => [name, buffer.take(batchSize)])));
    buffers = undefined;
    count = 0;
    if (made.length === batches) break;
  }
  if (made.length === 0)
    throw new KompaktError(
      'KPT_CALIBRATION_EMPTY',
      `There are fewer than ${batchSize} samples to measure the sensitivity of layers on.`,
    );
  return made;
}

/** The first output for every batch. */
async function outputs(graph: Graph, inputs: readonly Feeds[], threads: number): Promise<TensorValue[]> {
  const executor = new GraphExecutor(graph, threads);
  try {
    const results: TensorValue[] = [];
    for (const feeds of inputs) {
      const values = await executor.run(new Map(graph.inputs.map(({ name }) => [name, feeds.get(name)!])));
      results.push(values.get(graph.outputs[0]!.name)!);
    }
    return results;
  } finally {
    executor.release();
  }
}
