// How operators are differentiated: the field `gradient` of an OpDef.
import type { Attribute, Domain, Graph, Node } from '../../graph/graph.js';
import type { TensorValue } from '../../tensor/tensor.js';
import type { InferContext, TensorType } from '../op.js';

/** Emits nodes into a graph under construction. */
export interface NodeWriter {
  /** Adds a node of any operator, with freshly named outputs (one unless `outputs` says more), and returns their names. */
  add(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    options?: { readonly domain?: Domain; readonly outputs?: number },
  ): readonly string[];
  /** Adds a constant and returns its name. */
  constant(hint: string, value: TensorValue): string;
}

/** What the gradient rule of one forward node sees. A training graph has concrete shapes. */
export interface GradientContext extends NodeWriter {
  readonly node: Node;
  readonly opset: number;
  readonly inputs: readonly (TensorType | undefined)[];
  readonly outputs: readonly TensorType[];
  /** The value of input i when it is the same in every step. */
  value(i: number): TensorValue | undefined;
  /** The gradient of the loss with respect to output i; undefined when the loss does not depend on it. */
  outputGradient(i: number): string | undefined;
  /** Whether the gradient of input i is asked for. */
  wants(i: number): boolean;
  /** "Conv node 'x'": for messages. */
  readonly where: string;
}

/** Emits backward nodes and returns the gradients of the inputs, in order; undefined where none is wanted or it is 0. */
export type GradientRule = (ctx: GradientContext) => readonly (string | undefined)[];

/** How an operator is differentiated: by a rule, through a body of simpler operators that captures the node's inputs and
 *  has its outputs, or not at all. */
export type Gradient =
  | GradientRule
  | { readonly body: (ctx: InferContext) => Graph }
  | { readonly notDifferentiable: string };
