// Magnitude pruning for users: the least weights of a model become 0, without training. Training with zeros is an option of
// finetune and distill.
import { z } from 'zod';
import type { Model } from '../model/model.js';
import { foldConstants } from '../passes/fold-constants.js';
import { parseOptions } from '../session/parse-options.js';
import { evaluate, type LabelledSample } from '../train/evaluate.js';
import { chooseLayers } from './prune/layers.js';
import { pruneShape } from './prune/options.js';
import { type Sparsity, type StoredBytes, sparsityOf, storedBytes } from './prune/report.js';
import { withZeros, zerosOf } from './prune/zeros.js';

const pruneOptions = z.strictObject(pruneShape);

export interface PruneOptions extends z.input<typeof pruneOptions> {
  /** Labelled samples on which the model is judged before and after. */
  readonly evaluate?: AsyncIterable<LabelledSample> | Iterable<LabelledSample>;
  readonly signal?: AbortSignal;
}

export interface PruneReport extends Sparsity {
  readonly bytesBefore: StoredBytes;
  readonly bytesAfter: StoredBytes;
  /** Share of right answers on the samples given; null without samples. */
  readonly accuracyBefore: number | null;
  readonly accuracyAfter: number | null;
  readonly notes: readonly string[];
}

/** Sets the least weights of a model to 0 (Han et al. 2015, arXiv:1506.02626, section 3, without the retraining that finetune
 *  does). */
export async function prune(
  model: Model,
  { evaluate: judged, signal, ...options }: PruneOptions,
): Promise<{ readonly model: Model; readonly report: PruneReport }> {
  const { sparsity, distribution, layers: choice } = parseOptions(pruneOptions, options, 'prune');
  const source = foldConstants.run(model.graph);
  const layers = chooseLayers(source, choice);
  const result = model.withGraph(withZeros(source, layers, zerosOf(layers, sparsity, distribution)));
  const accuracyOf = async (of: Model): Promise<number | null> =>
    judged === undefined ? null : (await evaluate(of, judged, { ...(signal && { signal }) })).accuracy;
  const accuracyBefore = await accuracyOf(model);
  return {
    model: result,
    report: {
      ...sparsityOf(result.graph),
      bytesBefore: storedBytes(model),
      bytesAfter: storedBytes(result),
      accuracyBefore,
      accuracyAfter: await accuracyOf(result),
      notes: [
        'Zeros are stored and computed like other weights: the file is as large and the model as fast as before. They pay where files are compressed.',
        'What accuracy pruning cost comes back by training: finetune or distill with prune, which also prune step by step.',
      ],
    },
  };
}
