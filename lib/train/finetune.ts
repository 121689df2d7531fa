// Fine-tuning for users: a model and samples in, the trained model and a report out.
import { z } from 'zod';
import type { Model } from '../model/model.js';
import { foldBatchNorm } from '../passes/fold-batch-norm.js';
import { parseOptions } from '../session/parse-options.js';
import { fingerprintOf } from './fingerprint.js';
import { lossOf, lossOptions, trainingShape } from './options.js';
import { mergeLowRank, withLowRank } from './residual/low-rank.js';
import { type TrainedModel, type TrainingInputs, trainModel } from './train-model.js';

export const finetuneOptions = z.strictObject({
  ...trainingShape,
  loss: lossOptions.prefault('cross-entropy'),
  /** Rank of the residual that is trained while the model itself stays as it is; it is then added to the weights. */
  residualRank: z.int().min(1).optional(),
});

export interface FinetuneOptions extends z.input<typeof finetuneOptions>, TrainingInputs {}

/** Trains a model further, or from the weights that a network starts with (buildNetwork). */
export async function finetune(
  model: Model,
  { data, evaluate, onEvent, signal, ...options }: FinetuneOptions,
): Promise<TrainedModel> {
  const { loss, residualRank, ...settings } = parseOptions(finetuneOptions, options, 'finetune');
  // Folded, BatchNormalization stays as it is too: its running statistics would follow the new samples.
  const adapted =
    residualRank === undefined
      ? undefined
      : withLowRank(foldBatchNorm.run(model.graph), residualRank, settings.seed);
  return trainModel({
    model,
    graph: adapted?.graph ?? model.graph,
    loss: lossOf(loss),
    settings,
    data,
    identity: { loss, residualRank, model: fingerprintOf(model.graph) },
    ...(adapted && {
      trainable: adapted.adapters.flatMap(({ down, up }) => [down, up]),
      finish: (graph) => mergeLowRank(graph, adapted.adapters),
    }),
    ...(evaluate && { evaluate }),
    ...(onEvent && { onEvent }),
    ...(signal && { signal }),
  });
}
