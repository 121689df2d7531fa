// Fine-tuning for users: a model and samples in, the trained model and a report out.
import { z } from 'zod';
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { foldBatchNorm } from '../passes/fold-batch-norm.js';
import { foldConstants } from '../passes/fold-constants.js';
import { parseOptions } from '../session/parse-options.js';
import { lossOf, lossOptions, realShape, trainingShape } from './options.js';
import { checkOutputs } from './outputs.js';
import { plainWeights } from './plain-weights.js';
import { asItIs, type Preparation, type Prepare } from './preparation.js';
import { mergeLowRank, withLowRank } from './residual/low-rank.js';
import { type TrainedModel, type TrainingInputs, trainModel } from './train-model.js';

export const finetuneOptions = z.strictObject({
  ...trainingShape,
  ...realShape,
  loss: lossOptions.prefault('cross-entropy'),
  /** Rank of the residual that is trained while the model itself stays as it is; it is then added to the weights. Layers that share
   *  weights have residuals of their own, and no longer share them afterwards. */
  residualRank: z.int().min(1).optional(),
});

export interface FinetuneOptions extends z.input<typeof finetuneOptions>, TrainingInputs {
  /** Trains the model in another form. */
  readonly prepare?: Prepare;
}

/** Trains a model further, or from the weights that a network starts with (buildNetwork). */
export async function finetune(
  model: Model,
  { data, evaluate, prepare, onEvent, signal, ...options }: FinetuneOptions,
): Promise<TrainedModel> {
  const { loss, residualRank, averageWeights, sharpness, careful, ...settings } = parseOptions(
    finetuneOptions,
    options,
    'finetune',
  );
  if (residualRank !== undefined && prepare !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      'Options residualRank and prepare of finetune are two ways to change what is trained; give one.',
    );
  await checkOutputs(settings);
  const prepared =
    residualRank === undefined
      ? (prepare ?? asItIs)
      : (graph: Graph) => lowRank(graph, residualRank, settings.seed);
  return trainModel({
    model,
    preparation: await prepared(plainWeights(model.graph)),
    loss: lossOf(loss, settings.mixup),
    settings,
    data,
    identity: { loss, averageWeights, sharpness, careful },
    average: averageWeights,
    sharpness,
    careful,
    ...(evaluate && { evaluate }),
    ...(onEvent && { onEvent }),
    ...(signal && { signal }),
  });
}

/** The model with adapters; folded, BatchNormalization stays as it is too: its running statistics would follow the samples. */
function lowRank(source: Graph, rank: number, seed: number): Preparation {
  const { graph, adapters } = withLowRank(foldBatchNorm.run(foldConstants.run(source)), rank, seed);
  return {
    graph,
    trainable: adapters.flatMap(({ down, up }) => [down, up]),
    identity: { residualRank: rank },
    finish: (trained) => mergeLowRank(trained, adapters),
  };
}
