// Pruning for users: the least weights of a model become 0, or whole channels leave it, without training. Training with zeros is
// an option of finetune and distill, and both train what is left of a model without its channels.
import { z } from 'zod';
import { checkFeeds, type Feeds } from '../calibrate/collect.js';
import { KompaktError } from '../errors.js';
import type { Model } from '../model/model.js';
import { type StoredBytes, storedBytesOf } from '../model/stored-bytes.js';
import { foldConstants } from '../passes/fold-constants.js';
import { parseOptions } from '../session/parse-options.js';
import { requireSamples, type SamplesOf, samplesIn } from '../session/samples.js';
import { toValues } from '../session/values.js';
import { evaluate, type LabelledSample, sampleName } from '../train/evaluate.js';
import type { Lesson } from '../train/train-model.js';
import { effectsOf } from './channels/effects.js';
import { importances } from './channels/importances/index.js';
import { channelOptions } from './channels/options.js';
import { pruneChannels } from './channels/prune-channels.js';
import { refit } from './channels/refit.js';
import type { ChannelsReport } from './channels/report.js';
import { drawn } from './drawn.js';
import { chooseLayers } from './prune/layers.js';
import { pruneShape } from './prune/options.js';
import { type Sparsity, sparsityOf } from './prune/report.js';
import { withoutSmall, withZeros, zerosOf } from './prune/zeros.js';
import { withExecutors } from './quantize-model.js';
import { spread } from './spread.js';

/** What is pruned, and how much. */
export const pruneOptions = z
  .strictObject({
    ...pruneShape,
    sparsity: pruneShape.sparsity.optional(),
    /** Weights whose magnitude is below become 0. */
    threshold: z.number().gt(0).optional(),
    /** Whole channels leave the model, which becomes smaller and faster. */
    channels: channelOptions.optional(),
  })
  .refine(
    (given) => [given.sparsity, given.threshold, given.channels].filter((v) => v !== undefined).length === 1,
    {
      message: 'expected exactly one of sparsity, threshold and channels',
    },
  );

type CompletePruneOptions = z.output<typeof pruneOptions>;

export interface PruneOptions extends z.input<typeof pruneOptions> {
  /** Samples: labelled for importances of channels that look at gradients; to fit what is left of layers (channels.refit). */
  readonly data?: SamplesOf<Lesson>;
  /** Labelled samples on which the model is judged before and after. */
  readonly evaluate?: SamplesOf<LabelledSample>;
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

type Samples = Pick<PruneOptions, 'data' | 'signal'>;

/** Sets the least weights of a model to 0 (Han et al. 2015, arXiv:1506.02626, section 3, without the retraining that finetune
 *  does), or removes the channels that it needs least, with all that goes with them (lib/compress/channels). */
export async function prune(
  model: Model,
  { evaluate: judged, data, signal, ...options }: PruneOptions,
): Promise<{ readonly model: Model; readonly report: PruneReport }> {
  const complete = parseOptions(pruneOptions, options, 'prune');
  if (data !== undefined) requireSamples(data, 'data', 'prune');
  const samples = { ...(data && { data }), ...(signal && { signal }) };
  const source = model.withGraph(foldConstants.run(model.graph));
  const {
    model: result,
    channels,
    notes,
  } = complete.channels === undefined
    ? weightsGone(source, complete)
    : await channelsGone(source, complete, samples);
  const accuracyOf = async (of: Model): Promise<number | null> =>
    judged === undefined ? null : (await evaluate(of, judged, { ...(signal && { signal }) })).accuracy;
  const accuracyBefore = await accuracyOf(model);
  return {
    model: result,
    report: {
      ...sparsityOf(result.graph),
      channels,
      bytesBefore: storedBytesOf(model),
      bytesAfter: storedBytesOf(result),
      accuracyBefore,
      accuracyAfter: await accuracyOf(result),
      notes,
    },
  };
}

function weightsGone(
  source: Model,
  { layers: choice, threshold, sparsity, distribution }: CompletePruneOptions,
): Pruned {
  const { graph } = source;
  const layers = chooseLayers(graph, choice);
  const sparse =
    threshold === undefined
      ? withZeros(graph, layers, zerosOf(layers, sparsity!, distribution))
      : withoutSmall(graph, layers, threshold);
  return {
    model: source.withGraph(sparse),
    channels: null,
    notes: [
      'Zeros are stored and computed like other weights: the file is as large and the model as fast as before. They pay where files are compressed.',
      'What accuracy pruning cost comes back by training: finetune or distill with prune, which also prune step by step.',
    ],
  };
}

/** Throws KPT_CALIBRATION_VALUES: least squares over NaN would fit nothing, and say nothing. */
async function* finiteFeeds(samples: SamplesOf<Lesson>): AsyncGenerator<Feeds> {
  let number = 0;
  for await (const { name, feeds } of samplesIn<Lesson>(samples)) {
    const values = toValues(feeds);
    checkFeeds(values, sampleName(name, number++));
    yield values;
  }
}

async function channelsGone(
  source: Model,
  { layers, channels }: CompletePruneOptions,
  { data, signal }: Samples,
): Promise<Pruned> {
  const options = channels!;
  const importance = importances.find(({ name }) => name === options.importance)!;
  if (importance.needsData && data === undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Importance '${importance.name}' looks at gradients: give labelled samples as option data.`,
    );
  const effects =
    importance.needsData && data !== undefined
      ? await effectsOf(source, { ...options, data, threads: 0, ...(signal && { signal }) })
      : undefined;
  const { graph, report, staying } = pruneChannels(source.graph, layers, options, effects);
  const fits = options.refit && data !== undefined;
  const samples = fits
    ? await spread(finiteFeeds(drawn(data, options.refitSamples)), options.refitSamples)
    : [];
  const fitted =
    samples.length === 0
      ? graph
      : await withExecutors((executor) =>
          refit(source.graph, graph, staying, { samples, executor, ...(signal && { signal }) }),
        );
  return {
    model: source.withGraph(fitted),
    channels: report,
    notes: [
      ...(fits || !options.refit
        ? []
        : ['With samples (data), what is left of each layer would be fitted to what it computed before.']),
      'What accuracy the channels cost comes back by training: distill with the model as it was for teacher, or finetune.',
    ],
  };
}
