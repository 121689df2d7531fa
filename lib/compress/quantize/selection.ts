// What is computed in integers: the answer of select-layers.
import type { Node } from '../../graph/graph.js';
import type { Groups } from './groups.js';

/** A node computed in integers, with what is fused behind it. */
export interface Layer {
  readonly node: Node;
  readonly kind: 'weighted' | 'arithmetic' | 'same-scale' | 'table';
  /** Inputs that are activations. */
  readonly activations: readonly number[];
  /** Constant operands of arithmetic, quantised like activations. */
  readonly operands: readonly number[];
  /** Weights and bias of weighted layers: input indices, the axis of channels; null where there are none. */
  readonly weight: { readonly input: number; readonly axis: number; readonly bias: number | null } | null;
  /** The Add behind a matrix product that adds one constant number to each of its columns, a bias in all but name: its name, and which
   *  of its inputs that is; null without. */
  readonly biasAdd: { readonly node: string; readonly input: number } | null;
  /** Clamps (Relu, Clip, and the Add of a bias) between node and quantiser. */
  readonly clamps: readonly Node[];
  /** Values behind node and clamps that get a quantiser. Empty: the result stays float, or is part of a table. */
  readonly outputs: readonly string[];
}

export interface Selection {
  readonly layers: readonly Layer[];
  /** Where the model ends as far as quantising goes: its outputs, or what closing softmaxes are made of. */
  readonly ends: readonly string[];
  /** Quantised values; those with the same representative share scale and zero point. */
  readonly groups: Groups;
}
