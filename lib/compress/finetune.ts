// Fine-tuning for users: that of lib/train, in float32, with the roundings of quantisation in the model, or while it is pruned.
import type { Model } from '../model/model.js';
import { requireSamples } from '../session/samples.js';
import { type FinetuneOptions as FloatOptions, finetune as finetuneFloat } from '../train/finetune.js';
import { type CompressedModel, type CompressedTraining, prepareFor, withSparsity } from './prepare-for.js';

export interface FinetuneOptions extends FloatOptions, CompressedTraining {}

/** Trains a model further, or from the weights that a network starts with (buildNetwork). */
export async function finetune(
  model: Model,
  { quantize, prune, ...options }: FinetuneOptions,
): Promise<CompressedModel> {
  requireSamples(options.data, 'data', 'finetune');
  const prepared = prepareFor('finetune', { quantize, prune }, options);
  return withSparsity(await finetuneFloat(model, { ...options, ...prepared }), prune);
}
