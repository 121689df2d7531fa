// The public interface of kompakt: re-exports only.
export type * from 'onnxruntime-common';
export { env, Tensor } from 'onnxruntime-common';
export { type BenchOptions, type BenchReport, bench, type EngineReport } from './bench/bench.js';
export type { EngineName, OperatorTime } from './bench/engine.js';
export { concreteShapes, type Shapes } from './bench/feeds.js';
export { benchFresh, type FreshOptions, type FreshReport } from './bench/fresh.js';
export type { LatencySummary } from './bench/statistics.js';
export { type SystemState, systemAdvice, systemState } from './bench/system.js';
export { calibrators } from './calibrate/index.js';
export type { QuantizeReport } from './compress/quantize/quantize.js';
export { type QuantizeModelOptions, quantize } from './compress/quantize-model.js';
export { loadNpy, saveNpy } from './data/npy-file.js';
export type { PreprocessOptions } from './data/preprocess.js';
export { type ModelSample, openSamples } from './data/samples.js';
export type { DataOptions } from './data/source.js';
export {
  type ErrorCode,
  type ErrorEntry,
  errorTable,
  expected,
  isKompaktError,
  KompaktError,
} from './errors.js';
export { Model } from './model/model.js';
export { argMax, type Comparison, type ValueComparison } from './report/compare.js';
export { type CompareModelsOptions, compare } from './report/probe.js';
export { bytesText, type Column, countText, table } from './report/table.js';
export { type Platform, platform } from './run/native.js';
export { listSupportedBackends, type SupportedBackend } from './session/backends.js';
export type { BoundStep } from './session/bind.js';
export type { Description, NodeDescription } from './session/describe.js';
export { describePasses, type PassEffect } from './session/describe-passes.js';
export type { RunOptions, SessionOptions } from './session/options.js';
export { InferenceSession } from './session/session.js';
export { augmentations } from './train/augment/index.js';
export { differentiate } from './train/differentiate.js';
export { type DistillOptions, distill } from './train/distill.js';
export { type EvaluateOptions, type Evaluation, evaluate, type LabelledSample } from './train/evaluate.js';
export type { EpochReport, StepReport, TrainingEvent, TrainingReport } from './train/events.js';
export { type FinetuneOptions, finetune } from './train/finetune.js';
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
