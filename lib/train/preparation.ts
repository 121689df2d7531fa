// The seam between ways of training and what is trained: a model in another form than the one that is kept.
import type { Graph } from '../graph/graph.js';
import type { ParameterRule } from './training.js';

/** A model in the form in which it is trained, and the way back: adapters, fake quantisation, binarisation. */
export interface Preparation {
  /** The graph to train; inputs and outputs are those of the model. */
  readonly graph: Graph;
  /** Names of the constants to train; all that the loss depends on by default. */
  readonly trainable?: readonly string[];
  /** How single parameters are trained where they differ from the others. */
  readonly rules?: ReadonlyMap<string, ParameterRule>;
  /** A float32 scalar among the constants of the graph that is, in every step, the share of the run that is done. */
  readonly progress?: string;
  /** Constants that change from step to step and mean nothing on average: masks. */
  readonly unaveraged?: readonly string[];
  /** false: what is kept changes from epoch to epoch by more than training, as zeros that become more; no epoch stands for another. */
  readonly comparable?: boolean;
  /** Settings that decide the result: a checkpoint of a run with others is refused. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** The graph that is kept, and judged after every epoch, made of the trained one. */
  finish(trained: Graph): Graph;
}

export type Prepare = (graph: Graph) => Preparation | Promise<Preparation>;

/** The model as it is. */
export const asItIs = (graph: Graph): Preparation => ({ graph, identity: {}, finish: (trained) => trained });
