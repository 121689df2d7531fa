// Pruning for users: the least weights of a model become 0, or whole channels leave it, without training. Training with zeros is
// an option of finetune and distill, and both train what is left of a model without its channels.
import { z } from 'zod';
import type { Model } from '../model/model.js';
import { foldConstants } from '../passes/fold-constants.js';
import { parseOptions } from '../session/parse-options.js';
import { evaluate, type LabelledSample } from '../train/evaluate.js';
import { channelOptions } from './channels/options.js';
import { pruneChannels } from './channels/prune-channels.js';
import type { ChannelsReport } from './channels/report.js';
import { chooseLayers } from './prune/layers.js';
import { pruneShape } from './prune/options.js';
import { type Sparsity, type StoredBytes, sparsityOf, storedBytes } from './prune/report.js';
import { withZeros, zerosOf } from './prune/zeros.js';

const pruneOptions = z
  .strictObject({
    ...pruneShape,
    sparsity: pruneShape.sparsity.optional(),
    /** Whole channels leave the model, which becomes smaller and faster. */
    channels: channelOptions.optional(),
  })
  .refine(({ sparsity, channels }) => (sparsity === undefined) !== (channels === undefined), {
    message: 'expected exactly one of sparsity and channels',
  });

type CompletePruneOptions = z.output<typeof pruneOptions>;

export interface PruneOptions extends z.input<typeof pruneOptions> {
  /** Labelled samples on which the model is judged before and after. */
  readonly evaluate?: AsyncIterable<LabelledSample> | Iterable<LabelledSample>;
  readonly signal?: AbortSignal;
}

export interface PruneReport extends Sparsity {
  /** What became of the channels of each layer; null where single weights were pruned. */
  readonly channels: ChannelsReport | null;
  readonly bytesBefore: StoredBytes;
  readonly bytesAfter: StoredBytes;
  /** Share of right answers on the samples given; null without samples. */
  readonly accuracyBefore: number | null;
  readonly accuracyAfter: number | null;
  readonly notes: readonly string[];
}

interface Pruned {
  readonly model: Model;
  readonly channels: ChannelsReport | null;
  readonly notes: readonly string[];
}

/** Sets the least weights of a model to 0 (Han et al. 2015, arXiv:1506.02626, section 3, without the retraining that finetune
 *  does), or removes the channels that it needs least, with all that goes with them (lib/compress/channels). */
export async function prune(
  model: Model,
  { evaluate: judged, signal, ...options }: PruneOptions,
): Promise<{ readonly model: Model; readonly report: PruneReport }> {
  const complete = parseOptions(pruneOptions, options, 'prune');
  const { model: result, channels, notes } = prunedBy(model, complete);
  const accuracyOf = async (of: Model): Promise<number | null> =>
    judged === undefined ? null : (await evaluate(of, judged, { ...(signal && { signal }) })).accuracy;
  const accuracyBefore = await accuracyOf(model);
  return {
    model: result,
    report: {
      ...sparsityOf(result.graph),
      channels,
      bytesBefore: storedBytes(model),
      bytesAfter: storedBytes(result),
      accuracyBefore,
      accuracyAfter: await accuracyOf(result),
      notes,
    },
  };
}

function prunedBy(model: Model, options: CompletePruneOptions): Pruned {
  const source = foldConstants.run(model.graph);
  if (options.channels !== undefined) {
    const { graph, report } = pruneChannels(source, options.layers, options.channels);
    return {
      model: model.withGraph(graph),
      channels: report,
      notes: [
        'What accuracy the channels cost comes back by training: distill with the model as it was for teacher, or finetune.',
      ],
    };
  }
  const layers = chooseLayers(source, options.layers);
  return {
    model: model.withGraph(
      withZeros(source, layers, zerosOf(layers, options.sparsity!, options.distribution)),
    ),
    channels: null,
    notes: [
      'Zeros are stored and computed like other weights: the file is as large and the model as fast as before. They pay where files are compressed.',
      'What accuracy pruning cost comes back by training: finetune or distill with prune, which also prune step by step.',
    ],
  };
}
