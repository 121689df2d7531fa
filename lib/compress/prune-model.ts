// Pruning for users: the least weights of a model become 0, or whole channels leave it, without training. Training with zeros is
// an option of finetune and distill, and both train what is left of a model without its channels.
import { z } from 'zod';
import { checkFeeds, type Feeds } from '../calibrate/collect.js';
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { type StoredBytes, storedBytesOf } from '../model/stored-bytes.js';
import { foldConstants } from '../passes/fold-constants.js';
import { keptSamples } from '../session/kept-samples.js';
import { parseOptions } from '../session/parse-options.js';
import { requireSamples, type SamplesOf, samplesIn } from '../session/samples.js';
import { toValues } from '../session/values.js';
import { evaluate, type LabelledSample, sampleName } from '../train/evaluate.js';
import type { Lesson } from '../train/train-model.js';
import { effectsOf } from './channels/effects.js';
import { importances } from './channels/importances/index.js';
import { channelOptions, refitShape } from './channels/options.js';
import { pruneChannels } from './channels/prune-channels.js';
import type { ChannelsReport } from './channels/report.js';
import { drawn } from './drawn.js';
import { chooseLayers } from './prune/layers.js';
import { pruneShape } from './prune/options.js';
import { type Sparsity, sparsityOf } from './prune/report.js';
import { sharesUpTo, withoutSmall, withZeros, zerosOf } from './prune/zeros.js';
import { withExecutors } from './quantize-model.js';
import { type Left, refit } from './refit/refit.js';
import { spread } from './spread.js';

/** What is pruned, and how much. */
export const pruneOptions = z
  .strictObject({
    ...pruneShape,
    sparsity: pruneShape.sparsity.optional(),
    /** Weights whose magnitude is below become 0. */
    threshold: z.number().gt(0).optional(),
    /** Of sparsity and threshold; `channels` has its own. */
    ...refitShape,
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
  /** Samples to fit what is left of layers by (refit); labelled for importances of channels that look at gradients. */
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

interface Samples {
  readonly data: SamplesOf<Lesson> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sets the least weights of a model to 0 (Han et al. 2015, arXiv:1506.02626, section 3, with samples instead of the retraining
 *  that finetune does: lib/compress/refit), or removes the channels that it needs least, with all that goes with them (lib/compress/channels). */
export async function prune(
  model: Model,
  { evaluate: judged, data, signal, ...options }: PruneOptions,
): Promise<{ readonly model: Model; readonly report: PruneReport }> {
  const complete = parseOptions(pruneOptions, options, 'prune');
  if (data !== undefined) requireSamples(data, 'data', 'prune');
  const samples = { data, signal };
  const source = model.withGraph(foldConstants.run(model.graph));
  const {
    model: result,
    channels,
    notes,
  } = complete.channels === undefined
    ? await weightsGone(source, complete, samples)
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

type Layers = ReturnType<typeof chooseLayers>;

async function weightsGone(
  source: Model,
  { layers: choice, threshold, sparsity, distribution, ...options }: CompletePruneOptions,
  given: Samples,
): Promise<Pruned> {
  const samples = await samplesToFit(options, given);
  const steps =
    threshold === undefined
      ? sharesUpTo(sparsity!, samples.length > 0).map(
          (share) => (graph: Graph, layers: Layers) =>
            withZeros(graph, layers, zerosOf(layers, share, distribution)),
        )
      : [(graph: Graph, layers: Layers) => withoutSmall(graph, layers, threshold)];
  let { graph } = source;
  for (const sparser of steps) {
    const sparse = sparser(graph, chooseLayers(graph, choice));
    graph = await fitted(source.graph, { graph: sparse }, samples, given.signal);
  }
  return {
    model: source.withGraph(graph),
    channels: null,
    notes: [
      'Zeros are stored and computed like other weights: the file is as large and the model as fast as before. They pay where files are compressed.',
      ...fitNotes(options, given),
      'What accuracy pruning cost comes back by training: finetune or distill with prune, which also prune step by step.',
    ],
  };
}

type FitOptions = Pick<CompletePruneOptions, 'refit' | 'refitSamples'>;

/** What layers are fitted by; none where they stay as they are. */
const samplesToFit = async (options: FitOptions, { data }: Samples): Promise<readonly Feeds[]> =>
  options.refit && data !== undefined
    ? spread(finiteFeeds(keptSamples<Lesson>(drawn(data, options.refitSamples))), options.refitSamples)
    : [];

const fitted = async (
  original: Graph,
  left: Left,
  samples: readonly Feeds[],
  signal: AbortSignal | undefined,
): Promise<Graph> =>
  samples.length === 0
    ? left.graph
    : withExecutors((executor) => refit(original, left, { samples, executor, ...(signal && { signal }) }));

const fitNotes = (options: FitOptions, { data }: Samples): readonly string[] =>
  options.refit && data === undefined
    ? ['With samples (data, --data), what is left of each layer would be fitted to what it computed before.']
    : [];

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
  const samples = await samplesToFit(options, { data });
  return {
    model: source.withGraph(await fitted(source.graph, { graph, staying }, samples, signal)),
    channels: report,
    notes: [
      ...fitNotes(options, { data }),
      'What accuracy the channels cost comes back by training: distill with the model as it was for teacher, or finetune.',
    ],
  };
}
