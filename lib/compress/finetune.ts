// Fine-tuning for users: that of lib/train, in float32 or with the roundings of quantisation in the model.
import type { Model } from '../model/model.js';
import { type FinetuneOptions as FloatOptions, finetune as finetuneFloat } from '../train/finetune.js';
import type { TrainedModel } from '../train/train-model.js';
import type { QatOptions } from './qat/options.js';
import { prepareFor } from './qat/prepare-for.js';

export interface FinetuneOptions extends FloatOptions {
  /** Trains a quantised model: one that is, or what `quantize` makes with these options of one in float32. The result is
   *  quantised, and so is what the evaluation judges. The learning rate is by default a tenth of the usual one. */
  readonly quantize?: QatOptions;
}

/** Trains a model further, or from the weights that a network starts with (buildNetwork). */
export const finetune = async (
  model: Model,
  { quantize, ...options }: FinetuneOptions,
): Promise<TrainedModel> =>
  finetuneFloat(model, { ...options, ...prepareFor('finetune', quantize, options) });
