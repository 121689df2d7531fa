// What compression did to a model: costs, answers, noise layer by layer.
import type { z } from 'zod';
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { toTensor } from '../session/feeds.js';
import { keptSamples } from '../session/kept-samples.js';
import { parseOptions } from '../session/parse-options.js';
import { requireSamples, type SamplesOf, samplesIn } from '../session/samples.js';
import { type Tensors, valuesOf } from '../session/values.js';
import type { LabelledSample } from '../train/evaluate.js';
import { adviceFor, type CommandWords } from './advice.js';
import { type Answers, answersOf, compareAnswers, type LabelledSamples } from './answers.js';
import { findCauses } from './causes/index.js';
import { macsOf, storedSize, type Timing, timeModels } from './costs.js';
import { evidenceOf } from './evidence.js';
import { type Feeds, feedsFor } from './feeds.js';
import { spreadsOf } from './histograms.js';
import { layerReports } from './layer-report.js';
import { StatisticsWatcher } from './layer-statistics.js';
import { decibels, EndMeter, layerNoise } from './noise.js';
import { explainOptions } from './options.js';
import type { ExplainReport } from './report.js';
import { type Study, studyOf } from './study.js';
import { summaryOf } from './summary.js';

export interface ExplainOptions extends z.input<typeof explainOptions> {
  /** Samples as the models are fed in use. */
  readonly data: SamplesOf<{ readonly feeds: Tensors }>;
  /** Labelled samples on which both models, and what is tried, are judged; gone through several times. */
  readonly evaluate?: LabelledSamples;
  /** How the files are called in the command lines that are advised. */
  readonly words?: Partial<CommandWords>;
  /** Told what is done, and its share from 0 to 1. */
  readonly onProgress?: (what: string, share: number) => void;
  readonly signal?: AbortSignal;
}

/** Compares a compressed model with its original.
 *  Throws: KPT_OPTION_INVALID; KPT_CALIBRATION_EMPTY without samples; KPT_ABORTED; what running the models throws. */
export async function explain(
  original: Model,
  compressed: Model,
  { data, evaluate: judged, words, onProgress: told, signal, ...given }: ExplainOptions,
): Promise<ExplainReport> {
  const options = parseOptions(explainOptions, given, 'explain');
  const requireGoingOn = (): void => {
    if (signal?.aborted)
      throw new KompaktError('KPT_ABORTED', 'The comparison was aborted.', {}, signal.reason);
  };
  // Every part that takes long tells of itself, or goes through samples.
  const onProgress = (what: string, share: number): void => {
    requireGoingOn();
    told?.(what, share);
  };
  const evaluate = judged && watched<LabelledSample>(judged, requireGoingOn);
  const samples = await firstOf(requireSamples(data, 'data', 'explain'), options.samples, requireGoingOn);
  const trial = samples.slice(0, options.trialSamples);
  const study = studyOf(original.graph, compressed.graph, samples[0]!);
  const feeds = [original, compressed].map(({ graph }) => tensorsOf(feedsFor(graph, samples[0]!)));

  const answers =
    evaluate === undefined ? null : await bothAnswers(original.graph, compressed.graph, evaluate, onProgress);
  onProgress('timing', 0);
  const timing: Timing | null =
    options.seconds === 0
      ? null
      : await timeModels([original, compressed], [feeds[0]!, feeds[1]!], {
          ...options,
          onProgress: (share) => onProgress('timing', share),
        });
  onProgress('comparing layers', 0);
  const meter = await EndMeter.make(study.original, study.compressed, trial);
  const end = await meter.measure(meter.show(study.compressed, 'compressed'));
  const details = study.sameArchitecture
    ? await layerDetails(study, samples, meter, timing, original.graph, (share) =>
        onProgress('comparing layers', share),
      )
    : { layers: [], findings: [], spreads: [] };
  const advice = await adviceFor({
    ...{ original, compressed, study, ...details, samples, trial, meter, noise: end, evaluate },
    answers: answers?.[1] ?? null,
    words: { original: 'ORIGINAL', compressed: 'COMPRESSED', data: '--data DATA', ...words },
    onTrial: (done, of) => onProgress('trying remedies', done / of),
  });
  const facts: Omit<ExplainReport, 'summary'> = {
    sameArchitecture: study.sameArchitecture,
    samples: samples.length,
    size: { original: storedSize(original), compressed: storedSize(compressed) },
    macs: { original: await macsOf(original, feeds[0]!), compressed: await macsOf(compressed, feeds[1]!) },
    latency: timing && latencyOf(timing),
    sqnr: Number.isNaN(end) ? null : decibels(end),
    answers: answers && compareAnswers(...answers),
    ...details,
    advice,
    gone: study.sameArchitecture
      ? goneNodes(
          original.graph,
          details.layers.map(({ name }) => name),
        )
      : [],
  };
  return { summary: summaryOf(facts), ...facts };
}

/** Layers whose values are counted in bins for the page. */
const drawnLayers = 6;

async function layerDetails(
  study: Study,
  samples: readonly Feeds[],
  meter: EndMeter,
  timing: Timing | null,
  given: Graph,
  onShare: (share: number) => void,
): Promise<Pick<ExplainReport, 'layers' | 'findings' | 'spreads'>> {
  const statistics = new StatisticsWatcher();
  const noise = await layerNoise(study, samples, [statistics]);
  const layers = await layerReports(study, noise, meter, timing?.operators ?? null, (done, of) =>
    onShare(done / of),
  );
  const operators = timing?.operators.compressed ?? null;
  const evidence = await evidenceOf(study, noise, statistics, operators, given, samples);
  const spreads = layers.slice(0, drawnLayers).flatMap(({ name }) => {
    const facts = evidence.layers.find(({ pair }) => pair.name === name);
    return facts === undefined ? [] : [spreadsOf(facts)];
  });
  return { layers, findings: findCauses(evidence), spreads };
}

async function bothAnswers(
  original: Graph,
  compressed: Graph,
  samples: LabelledSamples,
  onProgress: (what: string, share: number) => void,
): Promise<readonly [Answers, Answers]> {
  onProgress('judging the original', 0);
  const first = await answersOf(original, samples);
  onProgress('judging the compressed model', 0.5);
  return [first, await answersOf(compressed, samples)];
}

/** The samples, with `before` called for each of them. */
const watched = <T extends { readonly feeds: object }>(
  samples: SamplesOf<T>,
  before: () => void,
): SamplesOf<T> => ({
  async *[Symbol.asyncIterator]() {
    for await (const sample of samplesIn<T>(samples)) {
      before();
      yield sample;
    }
  },
});

async function firstOf(
  data: ExplainOptions['data'],
  limit: number,
  before: () => void,
): Promise<readonly Feeds[]> {
  const samples: Feeds[] = [];
  for await (const feeds of valuesOf(keptSamples(watched<{ readonly feeds: Tensors }>(data, before)))) {
    samples.push(feeds);
    if (samples.length === limit) break;
  }
  if (samples.length === 0)
    throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to compare the models on.');
  return samples;
}

const tensorsOf = (feeds: Feeds): Tensors =>
  Object.fromEntries([...feeds].map(([name, value]) => [name, toTensor(value)]));

const latencyOf = ({ threads, original, compressed, ratio }: Timing) => ({
  threads,
  original,
  compressed,
  ratio,
});

function goneNodes(graph: Graph, present: readonly string[]): ExplainReport['gone'] {
  const names = new Set(present);
  return graph.nodes.filter(({ name }) => !names.has(name)).map(({ name, op }) => ({ name, op }));
}
