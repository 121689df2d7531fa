// From a model, a loss and samples to a trained model: what fine-tuning and distillation share.
import { setImmediate } from 'node:timers/promises';
import { SamplesFingerprint } from '../data/samples-fingerprint.js';
import { KompaktError } from '../errors.js';
import { freezeGraph, type Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { keptSamples } from '../session/kept-samples.js';
import type { SamplesOf } from '../session/samples.js';
import { f32, type TensorValue } from '../tensor/tensor.js';
import { isChannelsLast } from './augment/channels-last.js';
import { augmentsOf } from './augment/options.js';
import { measureBatchNorm, withStatistics } from './batch-norm.js';
import { type Batch, Batches } from './batches.js';
import { type Care, type CompleteCarefulOptions, HeldOut } from './careful.js';
import { requireNumbers } from './divergence.js';
import { answersOf, evaluate, type LabelledSample } from './evaluate.js';
import type { TrainingEvent, TrainingReport } from './events.js';
import { fingerprintOf } from './fingerprint.js';
import { type Lesson, samplesOf } from './lessons.js';
import { logTo } from './log.js';
import { train } from './loop.js';
import { type CompleteTrainingSettings, optimizerOf, usualBatch, usualRate } from './options.js';
import { writeCurves } from './outputs.js';
import type { Preparation } from './preparation.js';
import { readingOf } from './reading.js';
import { scheduleOf } from './schedules/options.js';
import { withWarmUp } from './schedules/warm-up.js';
import { seedFor } from './seeds.js';
import { compileStep } from './step.js';
import type { Loss, Regularizer } from './training.js';
import { TrainingData } from './training-data.js';
import { parametersOf } from './training-form.js';

export type { Lesson };

/** What training needs that is no setting. */
export interface TrainingInputs {
  readonly data: SamplesOf<Lesson>;
  /** Labelled samples on which the model is judged after each epoch, as it will be used. */
  readonly evaluate?: SamplesOf<LabelledSample>;
  readonly onEvent?: (event: TrainingEvent) => void;
  readonly signal?: AbortSignal;
}

export interface TrainModelOptions extends TrainingInputs {
  readonly model: Model;
  readonly preparation: Preparation;
  readonly loss: Loss;
  readonly settings: CompleteTrainingSettings;
  /** Constants that are trained whatever the settings say. */
  readonly always?: readonly string[];
  /** Settings that decide the result besides those every training has. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** Inputs of the loss that `provide` adds to each batch. */
  readonly provided?: readonly string[];
  readonly provide?: (batch: Batch) => Promise<void>;
  /** Decay of the averages that the model has in place of its last weights. */
  readonly average: number | undefined;
  /** Distance within which the loss shall be low. */
  readonly sharpness: number | undefined;
  readonly careful: CompleteCarefulOptions | undefined;
  /** Where held-out samples have no label, what it answers counts as right. */
  readonly truth?: Model;
}

export interface TrainedModel {
  readonly model: Model;
  readonly report: TrainingReport;
}

export async function trainModel(options: TrainModelOptions): Promise<TrainedModel> {
  const { model, preparation, loss, signal } = options;
  const { graph, rules, progress, unaveraged, finish } = preparation;
  const { seed, threads, memoryBytes, checkpoint } = options.settings;
  const heldOut = options.careful && new HeldOut(options.careful.heldOut, seed);
  const given = keptSamples<Lesson>(options.data);
  const lessons = heldOut === undefined ? given : heldOut.rest(given);
  const samples = samplesOf(lessons, model.graph);
  const fingerprint = checkpoint && new SamplesFingerprint();
  const data = await TrainingData.open(fingerprint?.over(samples) ?? samples, {
    seed,
    memoryBytes,
    ...(signal && { signal }),
  });
  const { batch = Math.max(1, Math.min(usualBatch, data.count)) } = options.settings;
  const settings = { ...options.settings, batch };
  const { learningRate = usualRate[settings.optimizer.name] } = settings;
  const candidates = candidatesOf(options);
  const step = compileStep({
    graph,
    loss,
    optimizer: optimizerOf(settings.optimizer),
    regularizer: regularizerOf(settings),
    batch,
    threads,
    seed: seedFor(seed, 'engine'),
    ...(candidates && { candidates }),
    ...(options.average !== undefined && { average: options.average }),
    ...(unaveraged && { unaveraged }),
    ...(options.sharpness !== undefined && { sharpness: options.sharpness }),
    ...(rules && { rules }),
    ...(progress !== undefined && { progress }),
    ...(settings.clipNorm !== undefined && { clipNorm: settings.clipNorm }),
  });
  try {
    requireReached(settings, step.trainable);
    const batches = new Batches(data, step, {
      size: batch,
      seed,
      augment: augmentsOf(settings.augment),
      ...(settings.mixup !== undefined && { mixup: settings.mixup }),
      modelInputs: graph.inputs.map(({ name }) => name),
      channelsLast: graph.inputs.filter((input) => isChannelsLast(graph, input)).map(({ name }) => name),
      provided: options.provided ?? [],
    });
    const judged = options.evaluate;
    const onEvent = tellers(settings.log, options.onEvent);
    const report = await train({
      step,
      batches,
      samples: data.count,
      answerOf: readingOf(model.graph).answerOf,
      epochs: settings.epochs,
      learningRate,
      schedule: withWarmUp(scheduleOf(settings.schedule), settings.warmUp),
      settings: {
        ...identityOf(settings),
        ...preparation.identity,
        ...options.identity,
        model: fingerprintOf(model.graph),
        samples: data.count,
        ...(fingerprint && { data: fingerprint.digest() }),
      },
      ...(options.provide && { provide: options.provide }),
      ...(judged && {
        evaluate: (trained: Graph) =>
          evaluate(model.withGraph(finish(trained)), judged, { threads, ...(signal && { signal }) }),
      }),
      ...(heldOut && { care: await careOf(heldOut, options) }),
      ...(settings.earlyStopping && { earlyStopping: settings.earlyStopping }),
      ...(settings.checkpoint && { checkpoint: settings.checkpoint }),
      ...(onEvent && { onEvent }),
      ...(signal && { signal }),
    });
    await writeCurves(model.graph.name, report, settings);
    const trained = step.graph();
    requireNumbers(trained, step.trainable);
    return {
      model: model.withGraph(await finished(trained, preparation, batches, settings, signal)),
      report,
    };
  } finally {
    step.release();
  }
}

/** How the model is judged by samples that were held out. */
async function careOf(
  heldOut: HeldOut,
  {
    model,
    truth,
    preparation: { finish, comparable = true },
    settings: { threads },
    signal,
  }: TrainModelOptions,
): Promise<Care> {
  const running = { threads, ...(signal && { signal }) };
  const samples = heldOut.require();
  if (!comparable) return { samples: samples.length, judge: null };
  const answers: number[] = [];
  if (truth !== undefined && samples.some(({ label }) => label === undefined))
    for await (const { answer } of answersOf(truth, samples, running)) answers.push(answer);
  const judged = samples.map((sample, i) =>
    sample.label === undefined && truth !== undefined ? { ...sample, label: answers[i]! } : sample,
  );
  return {
    samples: samples.length,
    judge: async (trained) => (await evaluate(model.withGraph(finish(trained)), judged, running)).accuracy,
  };
}

/** Of those that may be trained, the names that match a pattern; undefined for all. */
function candidatesOf({
  preparation: { graph, trainable },
  settings,
  always = [],
}: TrainModelOptions): readonly string[] | undefined {
  if (settings.train === undefined) return trainable && [...trainable, ...always];
  const tests = patternsOf(settings);
  const names = (trainable ?? parametersOf(graph)).filter((name) => tests.some((test) => test.test(name)));
  if (names.length === 0)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Option train: no parameter matches ${tests.map(String).join(', ')}.`,
    );
  return [...new Set([...names, ...always])];
}

const patternsOf = ({ train = [] }: CompleteTrainingSettings): readonly RegExp[] =>
  train.map((pattern) => new RegExp(pattern));

/** Parameters of outputs without a loss are left out where others match too, but nobody names them alone and means it. */
function requireReached(settings: CompleteTrainingSettings, trained: readonly string[]): void {
  const vain = patternsOf(settings).find((test) => !trained.some((name) => test.test(name)));
  if (vain !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Option train: the loss does not depend on any parameter that matches ${vain}.`,
    );
}

function regularizerOf({ regularize: { maxNorm, limit, ...rest } }: CompleteTrainingSettings): Regularizer {
  return { ...rest, ...(maxNorm !== undefined && { maxNorm }), ...(limit !== undefined && { limit }) };
}

/** The settings that decide the result: not where files go, nor how much hardware helps. */
function identityOf(settings: CompleteTrainingSettings): Readonly<Record<string, unknown>> {
  const { threads: _, checkpoint: __, log: ___, curves: ____, ...rest } = settings;
  return rest;
}

function tellers(
  log: string | undefined,
  onEvent: ((event: TrainingEvent) => void) | undefined,
): ((event: TrainingEvent) => void) | undefined {
  const all = [log === undefined ? undefined : logTo(log), onEvent].filter((tell) => tell !== undefined);
  if (all.length === 0) return undefined;
  return (event) => {
    for (const tell of all) tell(event);
  };
}

/** The graph that is kept, with new statistics of BatchNormalization where they are asked for. */
async function finished(
  trained: Graph,
  { progress, finish }: Preparation,
  batches: Batches,
  { batchNormBatches, threads, epochs }: CompleteTrainingSettings,
  signal?: AbortSignal,
): Promise<Graph> {
  if (batchNormBatches === 0) return finish(trained);
  // The order of an epoch that was not trained on, the same for the same seed.
  const statistics = await measureBatchNorm(
    atTheEnd(trained, progress),
    inputsOf(batches.epoch(epochs), signal),
    {
      batches: batchNormBatches,
      threads,
    },
  );
  // Before, for what `finish` makes of them; after, for what it takes from the model: statistics that layers share there.
  return withStatistics(finish(withStatistics(trained, statistics)), statistics);
}

/** The graph as it computes when all of the run is done: masks and ranges stay as training left them. */
const atTheEnd = (graph: Graph, progress: string | undefined): Graph =>
  progress === undefined
    ? graph
    : freezeGraph({ ...graph, constants: new Map(graph.constants).set(progress, f32([], [1])) });

async function* inputsOf(
  batches: AsyncIterable<Batch>,
  signal?: AbortSignal,
): AsyncGenerator<ReadonlyMap<string, TensorValue>> {
  for await (const { inputs } of batches) {
    if (signal?.aborted)
      throw new KompaktError(
        'KPT_ABORTED',
        'Measuring BatchNormalization after training was aborted.',
        {},
        signal.reason,
      );
    yield inputs;
    // Lets timers and signals have their turn.
    await setImmediate();
  }
}
