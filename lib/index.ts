// The public interface of kompakt: re-exports, and functions that load what they need when they are called: programs that run
// models shall not wait for what compresses, trains and measures them.
import { requireModel } from './model/require-model.js';

export type * from 'onnxruntime-common';
export { env, Tensor } from 'onnxruntime-common';
export type { BenchOptions, BenchReport, EngineReport } from './bench/bench.js';
export type { EngineName, OperatorTime } from './bench/engine.js';
export { concreteShapes, type Shapes, shapeExample } from './bench/feeds.js';
export type { FreshOptions, FreshReport } from './bench/fresh.js';
export type { LatencySummary } from './bench/statistics.js';
export { type SystemState, systemAdvice, systemState } from './bench/system.js';
export { calibrators } from './calibrate/index.js';
export { binaryMethods } from './compress/binarize/methods/index.js';
export type { BinarizedLayer, BinarizeReport } from './compress/binarize/report.js';
export type { BinarizedModel, BinarizeOptions } from './compress/binarize-model.js';
export { importances } from './compress/channels/importances/index.js';
export type { ChannelOptions } from './compress/channels/options.js';
export type { ChannelGroup, ChannelsReport, LayerChannels } from './compress/channels/report.js';
export type { DistillOptions } from './compress/distill.js';
export type { FinetuneOptions } from './compress/finetune.js';
export type { CompressedModel, CompressedTraining } from './compress/prepare-for.js';
export { distributions } from './compress/prune/distributions/index.js';
export type { PrunedTrainingOptions } from './compress/prune/options.js';
export type { LayerSparsity, Sparsity } from './compress/prune/report.js';
export type { PruneOptions, PruneReport } from './compress/prune-model.js';
export type { QatOptions } from './compress/qat/options.js';
export type { QuantizeReport } from './compress/quantize/quantize.js';
export type { QuantizeModelOptions } from './compress/quantize-model.js';
export { loadNpy, saveNpy } from './data/npy-file.js';
export type { PreprocessOptions } from './data/preprocess.js';
export { type ModelSample, type ModelSamples, openSamples } from './data/samples.js';
export { type DataOptions, dataFiles, dataSources } from './data/source.js';
export {
  type ErrorCode,
  type ErrorEntry,
  errorTable,
  expected,
  isKompaktError,
  KompaktError,
} from './errors.js';
export type { ExplainOptions } from './explain/explain.js';
export type { ExplainReport } from './explain/report.js';
export { Model } from './model/model.js';
export type { StoredBytes } from './model/stored-bytes.js';
export type { DriftBaseline, ValueBaseline } from './monitor/drift/baseline.js';
export type { DriftAlarm, DriftReport, DriftState } from './monitor/drift/sentinel.js';
export type { DurationSummary } from './monitor/latency-histogram.js';
export type { WindowedSummary } from './monitor/latency-window.js';
export type { MeterSnapshot } from './monitor/meter.js';
export type { MonitoredSession, MonitorOptions, MonitorSnapshot } from './monitor/monitor.js';
export type { ProcessSnapshot } from './monitor/process-watch.js';
export { saveText } from './onnx/write-file.js';
export { argMax, type Comparison, type ValueComparison } from './report/compare.js';
export { type CompareModelsOptions, compare } from './report/probe.js';
export { bytesText, type Column, counted, countText, table } from './report/table.js';
export { differentiate } from './run/differentiate.js';
export { type Platform, platform } from './run/native.js';
export type { ApplyOptions } from './search/compress/apply-recipe.js';
export type { Budget } from './search/compress/budget.js';
export type { Objective } from './search/compress/choose.js';
export type { Breach, Resource } from './search/compress/lines.js';
export type { Accuracy, Latency, Loss as AccuracyLoss, Measures } from './search/compress/measures.js';
export type { Recipe, RecipeFile, RecipeOptions } from './search/compress/recipe.js';
export type { CompressReport } from './search/compress/report.js';
export type { SearchEvent, Skipped } from './search/compress/search.js';
export { strategies } from './search/compress/strategies/index.js';
export type { Trial } from './search/compress/trial.js';
export type { LayerFate } from './search/compress/weighted-layers.js';
export type { CompressOptions } from './search/compress.js';
export type { Edge } from './search/tune/edges.js';
export type { Importance } from './search/tune/importance.js';
export type { ParameterInput, SpaceInput } from './search/tune/parse-space.js';
export { proposers } from './search/tune/proposers/index.js';
export type { Judged, TestReport, TrialReport, TuneReport } from './search/tune/report.js';
export { rungPlans } from './search/tune/rungs/index.js';
export type { TunedModel, TuneEvent, TuneOptions } from './search/tune.js';
export type {
  Governor,
  GovernorOptions,
  GovernorSnapshot,
  GovernorSwitch,
  Variant,
} from './serve/governor.js';
export type { ModelPage } from './serve/model-page.js';
export type { ServeOptions } from './serve/options.js';
export type { Runnable } from './serve/runnable.js';
export type { Scheduler } from './serve/scheduler.js';
export type { RequestOptions, SchedulerCounts, SchedulerOptions } from './serve/scheduler-options.js';
export type { Server } from './serve/serve.js';
export { listSupportedBackends, type SupportedBackend } from './session/backends.js';
export type { BoundStep } from './session/bind.js';
export { type PlanCacheUsage, planCacheUsage } from './session/cache-place.js';
export type { Description, NodeDescription } from './session/describe.js';
export { describePasses, type PassEffect } from './session/describe-passes.js';
export type { RunOptions, SessionOptions } from './session/options.js';
export type { SamplesOf } from './session/samples.js';
export { InferenceSession } from './session/session.js';
export { numbersOf } from './session/values.js';
export { augmentations } from './train/augment/index.js';
export { type EvaluateOptions, type Evaluation, evaluate, type LabelledSample } from './train/evaluate.js';
export type {
  CarefulReport,
  EpochReport,
  StepReport,
  TrainingEvent,
  TrainingReport,
} from './train/events.js';
export { binaryCrossEntropy } from './train/losses/binary-cross-entropy.js';
export { type CrossEntropyOptions, crossEntropy } from './train/losses/cross-entropy.js';
export { klDivergence } from './train/losses/kl-divergence.js';
export { meanSquaredError, type RegressionOptions } from './train/losses/mean-squared-error.js';
export { buildNetwork, type NetworkOptions, networks } from './train/networks/index.js';
export { type AdamOptions, type AdamWOptions, adam, adamW } from './train/optimizers/adam.js';
export { type BopOptions, bop } from './train/optimizers/bop.js';
export { type RmspropOptions, rmsprop } from './train/optimizers/rmsprop.js';
export { type SgdOptions, sgd } from './train/optimizers/sgd.js';
export { schedules } from './train/schedules/index.js';
export { compileStep } from './train/step.js';
export type { Lesson, TrainedModel, TrainingInputs } from './train/train-model.js';
export type {
  Loss,
  Optimizer,
  Regularizer,
  StepResult,
  StepSettings,
  TrainingOptions,
  TrainingStep,
  TrainingValue,
} from './train/training.js';

type OnDemand = typeof import('./on-demand.js');
const onDemand = (): Promise<OnDemand> => import('./on-demand.js');
/** In place of options that were forgotten, which only programs without types can do: each function says then what it needs. */
const none = {} as never;
type Async<F extends (...given: never[]) => unknown> = (...given: Parameters<F>) => Promise<ReturnType<F>>;

/** Measures a model: latency, memory, time per operator; beside onnxruntime-node when `engines` says so. */
export const bench: OnDemand['bench'] = async (...given) => (await onDemand()).bench(...given);

/** Measures engines in fresh processes, one engine a process, in turn. */
export const benchFresh: OnDemand['benchFresh'] = async (...given) => (await onDemand()).benchFresh(...given);

/** Quantises a model to INT8 after calibrating it on samples. The result is QDQ ONNX. */
export const quantize: OnDemand['quantize'] = async (model, options) =>
  (await onDemand()).quantize(requireModel(model, 'the model of quantize'), options ?? none);

/** Sets the least weights of a model to 0, or removes the channels that it needs least, without training. */
export const prune: OnDemand['prune'] = async (model, options) =>
  (await onDemand()).prune(requireModel(model, 'the model of prune'), options ?? none);

/** Trains a binary twin of a model, trained already or not. */
export const binarize: OnDemand['binarize'] = async (model, options) =>
  (await onDemand()).binarize(requireModel(model, 'the model of binarize'), options ?? none);

/** Tries methods of compression and their combinations, and answers with the best model within a budget of accuracy, latency on
 *  this device and size. */
export const compress: OnDemand['compress'] = async (model, options) =>
  (await onDemand()).compress(requireModel(model, 'the model of compress'), options ?? none);

/** The report of compress as one HTML page that needs no network. */
export const compressPage = async (...given: Parameters<OnDemand['compressPage']>): Promise<string> =>
  (await onDemand()).compressPage(...given);

/** What a recipe makes of a model: the same bytes for the same model, samples and recipe. */
export const applyRecipe: OnDemand['applyRecipe'] = async (model, recipe, options) =>
  (await onDemand()).applyRecipe(requireModel(model, 'the model of applyRecipe'), recipe, options ?? none);

/** Reads a recipe that compress has left. */
export const loadRecipe: OnDemand['loadRecipe'] = async (...given) => (await onDemand()).loadRecipe(...given);

/** Trains `student` on samples and on what `teacher` answers to them. */
export const distill: OnDemand['distill'] = async (model, options) =>
  (await onDemand()).distill(requireModel(model, 'the model of distill'), options ?? none);

/** Compares a compressed model with its original: costs, answers, noise layer by layer, causes and remedies. */
export const explain: OnDemand['explain'] = async (reference, compressed, options) =>
  (await onDemand()).explain(
    requireModel(reference, 'the original of explain'),
    requireModel(compressed, 'the compressed model of explain'),
    options ?? none,
  );

/** The report of explain() as text for a terminal. */
export const explainText = async (...given: Parameters<OnDemand['explainText']>): Promise<string> =>
  (await onDemand()).explainText(...given);

/** The report of explain() as one HTML page that needs no network. */
export const explainPage = async (...given: Parameters<OnDemand['explainPage']>): Promise<string> =>
  (await onDemand()).explainPage(...given);

/** Trains a model further, or from the weights that a network starts with (buildNetwork). */
export const finetune: OnDemand['finetune'] = async (model, options) =>
  (await onDemand()).finetune(requireModel(model, 'the model of finetune'), options ?? none);

/** Finds options of a method by trials on samples that are held out, and makes the model of the best. */
export const tune: OnDemand['tune'] = async (model, options) =>
  (await onDemand()).tune(requireModel(model, 'the model of tune'), options ?? none);

/** A session that measures as it runs: latency, throughput, errors, the process and the device. */
export const monitor: Async<OnDemand['monitor']> = async (...given) => (await onDemand()).monitor(...given);

/** A bounded queue with deadlines in front of a session. */
export const schedule: Async<OnDemand['schedule']> = async (...given) =>
  (await onDemand()).schedule(...given);

/** Serves models by HTTP. */
export const serve: OnDemand['serve'] = async (...given) => (await onDemand()).serve(...given);

/** Records what the inputs and outputs of a model look like on samples that stand for its use. */
export const recordBaseline: OnDemand['recordBaseline'] = async (model, data) =>
  (await onDemand()).recordBaseline(requireModel(model, 'the model of recordBaseline'), data);

/** Reads a baseline from its file. */
export const loadBaseline: OnDemand['loadBaseline'] = async (...given) =>
  (await onDemand()).loadBaseline(...given);

/** Writes a baseline to a file. */
export const saveBaseline: OnDemand['saveBaseline'] = async (...given) =>
  (await onDemand()).saveBaseline(...given);

/** One session of several variants of a model, of which the one answers that is fast enough now. */
export const govern: Async<OnDemand['govern']> = async (...given) => (await onDemand()).govern(...given);
