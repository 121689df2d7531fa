// The options `quantize` and `prune` of finetune and distill as the preparation that they are given.
import { KompaktError } from '../errors.js';
import { parseOptions } from '../session/parse-options.js';
import { optimizerOptions, usualRate } from '../train/options.js';
import { plainWeights } from '../train/plain-weights.js';
import { asItIs, type Prepare } from '../train/preparation.js';
import type { TrainedModel, TrainingInputs } from '../train/train-model.js';
import { type PrunedTrainingOptions, prunedTrainingOptions } from './prune/options.js';
import { pruned } from './prune/preparation.js';
import { type Sparsity, sparsityOf } from './prune/report.js';
import { type QatOptions, qatOptions } from './qat/options.js';
import { quantizationAware } from './qat/preparation.js';

/** What is done to a model while it is trained. */
export interface CompressedTraining {
  /** Trains a quantised model: one that is, or what `quantize` makes with these options of one in float32. The result is
   *  quantised, and so is what the evaluation judges. The learning rate is by default a tenth of the usual one. */
  readonly quantize?: QatOptions;
  /** Trains a sparse model: the least weights of each layer become 0, more and more of them as training goes on; with
   *  sparsity 'kept' the zeros that the model has stay. Goes together with `quantize`. */
  readonly prune?: PrunedTrainingOptions;
}

/** A trained model; with `prune`, how sparse it is. */
export interface CompressedModel extends TrainedModel {
  readonly report: TrainedModel['report'] & { readonly sparsity?: Sparsity };
}

/** What of the other options of a run decides how it is prepared. */
interface RunOptions extends Pick<TrainingInputs, 'data' | 'signal'> {
  readonly optimizer?: unknown;
  readonly learningRate?: number;
  readonly earlyStopping?: unknown;
  readonly prepare?: Prepare;
  readonly residualRank?: number;
}

/** Rates at which trained networks learn on, as a part of those at which they learn from scratch. */
const rateShare = 0.1;

/** The options that change; none where nothing is to be done. */
export function prepareFor(
  method: 'finetune' | 'distill',
  { quantize, prune }: CompressedTraining,
  run: RunOptions,
): { readonly prepare?: Prepare; readonly learningRate?: number } {
  const given = quantize !== undefined ? 'quantize' : prune !== undefined ? 'prune' : undefined;
  if (given === undefined) return {};
  const other = Object.entries({ prepare: run.prepare, residualRank: run.residualRank }).find(
    ([, value]) => value !== undefined,
  );
  if (other !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Options ${given} and ${other[0]} of ${method} are two ways to change what is trained; give one.`,
    );
  const quantized = quantize === undefined ? { prepare: asItIs } : quantizing(method, quantize, run);
  return prune === undefined
    ? quantized
    : { ...quantized, prepare: pruning(method, prune, quantized.prepare, run) };
}

function quantizing(
  method: string,
  quantize: QatOptions,
  { data, optimizer = 'sgd', learningRate, signal }: RunOptions,
): { readonly prepare: Prepare; readonly learningRate: number } {
  const complete = parseOptions(qatOptions, quantize, `${method}.quantize`);
  // Wrong optimisers are told apart where all options are read.
  const { name } = optimizerOptions.safeParse(optimizer).data ?? { name: 'sgd' as const };
  return {
    learningRate: learningRate ?? rateShare * usualRate[name],
    prepare: quantizationAware(complete, quantize, {
      data,
      optimizer: name,
      ...(signal && { signal }),
    }),
  };
}

function pruning(
  method: string,
  prune: PrunedTrainingOptions,
  inner: Prepare,
  { earlyStopping }: RunOptions,
): Prepare {
  const complete = parseOptions(prunedTrainingOptions, prune, `${method}.prune`);
  if (earlyStopping !== undefined && complete.sparsity !== 'kept')
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Option earlyStopping of ${method} would keep an epoch in which few weights are pruned yet; leave it out with prune.`,
    );
  // As prune has them: weights that are computed of constants are one constant.
  return async (graph) => pruned(await inner(plainWeights(graph, () => true)), complete);
}

/** The result with how sparse it is, where that was asked for. */
export const withSparsity = (
  { model, report }: TrainedModel,
  prune: PrunedTrainingOptions | undefined,
): CompressedModel => ({
  model,
  report: prune === undefined ? report : { ...report, sparsity: sparsityOf(model.graph) },
});
