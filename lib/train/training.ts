// What a training step is made of and what it offers: losses and optimisers as pieces of graph, and the compiled step that
// everything around training (loops, checkpoints, schedules) talks to.
import type { Graph } from '../graph/graph.js';
import type { NodeWriter, TensorType } from '../ops/op.js';
import type { DType } from '../tensor/dtype.js';
import type { Dims } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';

/** A value of the training graph. */
export interface TrainingValue {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: Dims;
}

export interface LossContext extends NodeWriter {
  /** An output of the model. Throws KPT_OPTION_INVALID when there is none. */
  prediction(index: number): TrainingValue;
  /** What goes into the operator `op` (a Softmax or Sigmoid that the loss brings itself) behind a value, seen through fake
   *  quantisation; the value itself when it does not come from one. Throws
   *  KPT_OPTION_INVALID when that works along another axis than `axis`. */
  before(value: TrainingValue, op: string, axis?: number): TrainingValue;
  /** Any value of the model by name: intermediate ones, for hints. Throws KPT_OPTION_INVALID when there is none. */
  value(name: string): TrainingValue;
  /** Declares an input that every step is fed under this name. */
  target(name: string, type: TensorType): string;
}

export interface Loss {
  readonly name: string;
  /** Emits the loss and returns the name of its value, a float32 scalar (rank 0). */
  build(ctx: LossContext): string;
}

/** One parameter while its update is emitted; all are names of values. */
export interface ParameterUpdate {
  readonly parameter: string;
  readonly gradient: string;
  /** One value for each of the optimiser's slots. */
  readonly slots: readonly string[];
  /** float32 [hypers]: what `hyper` fills. */
  readonly hyper: string;
  /** float32 [1] that multiplies every gradient, or '' for none (clipping). */
  readonly scale: string;
  /** l2 * w + l1 * sign(w) is added to the (scaled) gradient. */
  readonly l1: number;
  readonly l2: number;
  /** Whether it is pulled by a weight decay of the optimiser's own, apart from the gradient. */
  readonly decays: boolean;
  /** Between which the new parameter is kept. */
  readonly within: readonly [low: number, high: number];
}

export interface Optimizer {
  readonly name: string;
  /** What is kept beside each parameter, of its shape and zero at first. */
  readonly slots: readonly string[];
  /** How many numbers an update needs that change from step to step. */
  readonly hypers: number;
  /** Fills `out` for update number `step`, counted from 1. */
  hyper(learningRate: number, step: number, out: Float32Array): void;
  /** Emits the update; returns the new parameter and the new slots. */
  build(writer: NodeWriter, update: ParameterUpdate): readonly string[];
}

/** What pulls parameters towards zero, apart from the loss. Bias and normalisation parameters (rank < 2) are left alone
 *  unless `everything` is set, by the decay of AdamW too. */
export interface Regularizer {
  /** l1 * sum |w|. */
  readonly l1?: number;
  /** l2 / 2 * sum w^2: weight decay; with l1, the elastic net. */
  readonly l2?: number;
  /** groupLasso * sum over outputs of sqrt(n) * ||w||, of the n weights w that lead to one output (max-norm.ts). */
  readonly groupLasso?: number;
  /** Largest norm of the weights that lead to one output; longer ones are shortened after each update (max-norm.ts). Never of
   *  parameters of rank < 2. */
  readonly maxNorm?: number;
  /** Largest magnitude of a weight; larger ones are cut to it in each update. */
  readonly limit?: number;
  readonly everything?: boolean;
}

/** How one parameter is trained where it differs from the others. */
export interface ParameterRule {
  /** Factor on the learning rate. Default 1. */
  readonly rate?: number;
  /** Kept within these after every update. */
  readonly within?: readonly [low: number, high: number];
  /** Takes the place of the run's optimiser. */
  readonly optimizer?: Optimizer;
  /** false: nothing of the regulariser, and no decay of the optimiser's own. 'l2': weight decay alone, of whatever rank. Default
   *  true. */
  readonly penalized?: boolean | 'l2';
  /** Share of the run after which it stays as it is. Default 1: it never does. */
  readonly until?: number;
}

export interface TrainingOptions {
  /** The model: all inputs fed in every step, their first dimension the batch. */
  readonly graph: Graph;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Names of the constants to train; the loss must depend on each. */
  readonly trainable?: readonly string[];
  /** Or: names of which those are trained that the loss depends on. Default: every float32 constant of rank 1 or more that operators
   *  take as a parameter. */
  readonly candidates?: readonly string[];
  /** By name of the constant. */
  readonly rules?: ReadonlyMap<string, ParameterRule>;
  /** A float32 scalar among the constants of the graph that is, in every step, the share of the run that is done. */
  readonly progress?: string;
  readonly regularizer?: Regularizer;
  /** Decay of moving averages of parameters and running statistics, which take their place in the model that results. */
  readonly average?: number;
  /** Those of which there are no averages. */
  readonly unaveraged?: readonly string[];
  /** Gradients are taken where the loss is highest within about this distance of the weights: rho of sharpness.ts. */
  readonly sharpness?: number;
  /** Largest global norm of the gradients; larger ones are scaled down together. */
  readonly clipNorm?: number;
  /** Takes the place of the symbolic (or first) dimension of every input. */
  readonly batch: number;
  /** 0: as many as there are usable CPUs. */
  readonly threads?: number;
  /** Of dropout. */
  readonly seed?: number;
}

export interface StepSettings {
  readonly learningRate: number;
  /** Share of the run that is done, from 0 in the first step to 1 in the last. */
  readonly progress: number;
}

export interface StepResult {
  readonly loss: number;
  /** The model's outputs for the batch, as they were before the update. */
  readonly outputs: ReadonlyMap<string, TensorValue>;
}

export interface TrainingStep {
  /** Types of everything that `run` must be fed: model inputs and targets of the loss. */
  readonly inputs: readonly TrainingValue[];
  /** Names of the constants that are trained. */
  readonly trainable: readonly string[];
  /** One batch: forward, backward, update. Makes no garbage: the result is one object, overwritten by the next run. */
  run(inputs: ReadonlyMap<string, TensorValue>, settings: StepSettings): StepResult;
  /** Live parameters, running statistics, optimiser slots and step counter, by name: what a checkpoint holds. Each read
   *  makes copies. */
  readonly state: ReadonlyMap<string, TensorValue>;
  /** Throws KPT_DATA_MALFORMED when a name or shape does not fit. */
  restore(state: ReadonlyMap<string, TensorValue>): void;
  /** The inference graph with the present parameters (BatchNormalization with running statistics). */
  graph(): Graph;
  release(): void;
}
