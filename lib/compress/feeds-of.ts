// The model inputs of samples to learn from: what calibration takes.
import type { Tensors } from '../session/values.js';
import type { TrainingInputs } from '../train/train-model.js';

export async function* feedsOf(data: TrainingInputs['data']): AsyncGenerator<Tensors> {
  for await (const { feeds } of data) yield feeds;
}
