// What weights do to the loss: weight times gradient over labelled samples, for importances that ask for it.
import { setImmediate } from 'node:timers/promises';
import { checkFeeds } from '../../calibrate/collect.js';
import { expected, KompaktError } from '../../errors.js';
import type { Model } from '../../model/model.js';
import { keptSamples } from '../../session/kept-samples.js';
import type { SamplesOf } from '../../session/samples.js';
import type { TensorValue } from '../../tensor/tensor.js';
import { Batches } from '../../train/batches.js';
import { type Lesson, samplesOf } from '../../train/lessons.js';
import { crossEntropy } from '../../train/losses/cross-entropy.js';
import { sgd } from '../../train/optimizers/sgd.js';
import { compileStep } from '../../train/step.js';
import { TrainingData, type TrainingSample } from '../../train/training-data.js';
import type { Candidates } from './choose.js';
import { forSlices } from './importance.js';

export interface EffectsOptions {
  readonly data: SamplesOf<Lesson>;
  readonly batch: number;
  readonly seed: number;
  readonly threads: number;
  readonly signal?: AbortSignal;
}

/** Momentum that leaves nothing of the gradient before: what the optimiser keeps is the gradient of this batch. */
const forgetful = 1e-30;

/** Cross-entropy is differentiated batch by batch; no weight changes. Sums are over the slice at each index of an axis. Throws
 *  KPT_CALIBRATION_VALUES where samples hold NaN or infinity, or lead to them: scores that are NaN have no order; KPT_ABORTED. */
export async function effectsOf(
  model: Model,
  { data, batch, seed, threads, signal }: EffectsOptions,
): Promise<Candidates['effects']> {
  const { graph } = model;
  const samples = await TrainingData.open(samplesOf(keptSamples<Lesson>(data), model.graph), {
    seed,
    memoryBytes: 0,
    ...(signal && { signal }),
  });
  const step = compileStep({
    graph,
    loss: crossEntropy(),
    optimizer: sgd({ momentum: forgetful }),
    batch,
    threads,
  });
  const seen = new Map<string, Float64Array[]>();
  try {
    const batches = new Batches(samples, step, {
      size: batch,
      seed,
      modelInputs: graph.inputs.map(({ name }) => name),
    });
    for await (const { inputs, samples: taken } of batches.epoch(0)) {
      for (const sample of taken) checkFeeds(sample.inputs, sample.name);
      step.run(inputs, { learningRate: 0, progress: 0 });
      const { state } = step;
      for (const name of step.trainable) {
        const gradient = state.get(`${name}/velocity`)!;
        const bad = (gradient.data as Float32Array).find((v) => !Number.isFinite(v));
        if (bad !== undefined)
          throw new KompaktError(
            'KPT_CALIBRATION_VALUES',
            expected('a finite gradient', `'${name}' by samples ${namesOf(taken)}`, bad),
          );
        record(seen, name, graph.constants.get(name)!, gradient);
      }
      // Lets timers and signals have their turn.
      await setImmediate();
      if (signal?.aborted) throw new KompaktError('KPT_ABORTED', 'Pruning was aborted.');
    }
  } finally {
    step.release();
  }
  return (constant, axis) => seen.get(keyOf(constant, axis));
}

const namesOf = (samples: readonly TrainingSample[]): string => samples.map(({ name }) => name).join(', ');

const keyOf = (constant: string, axis: number): string => `${axis} ${constant}`;

function record(
  seen: Map<string, Float64Array[]>,
  name: string,
  weight: TensorValue,
  gradient: TensorValue,
): void {
  const [w, g] = [weight.data as Float32Array, gradient.data as Float32Array];
  const values = w.map((v, i) => v * g[i]!);
  for (const [axis, size] of weight.dims.entries()) {
    const sums = new Float64Array(size);
    forSlices({ dims: weight.dims, values, axis }, (i, v) => {
      sums[i]! += v;
    });
    const key = keyOf(name, axis);
    const before = seen.get(key);
    if (before === undefined) seen.set(key, [sums]);
    else before.push(sums);
  }
}
