// How an operator takes part in quantisation: the field `quantize` of an OpDef.
import type { Node } from '../../graph/graph.js';
import type { Dims } from '../../tensor/shape.js';
import type { IntegerContext } from '../op.js';
import type { ProductRows } from './product-rows.js';

/** What a layer computes before an activation, or before it adds anything else: factor * x W + biasFactor * bias. */
export interface LinearPart {
  /** Computes that alone. */
  readonly node: Node;
  readonly factor: number;
  readonly biasFactor: number;
}

/** The node without what operators have behind their products. */
export function linearPart(node: Node, factor = 1, biasFactor = 1): LinearPart {
  const { activation: _, ...attributes } = node.attributes;
  return { node: { ...node, inputs: node.inputs.slice(0, 3), attributes }, factor, biasFactor };
}

/** Moves values without changing them: inputs `data` and outputs `results` share scale and zero point. */
export interface SameScale {
  readonly kind: 'same-scale';
  readonly data: readonly number[] | 'all';
  /** Outputs that hold such values; all by default. Others are indices or masks. */
  readonly results?: readonly number[];
  /** Where not every node just moves the bytes. */
  readonly onBytes?: { readonly of: (node: Node) => OnBytes /** For docs/ops.md. */; readonly note: string };
}

/**
 * What a node makes of bytes. 'moved': of each a byte that it reads. 'blended': of several one between or beyond them, rounded
 * and cut to the scale, which is right only where a quantiser with this scale follows. 'nothing': it needs floats.
 */
export type OnBytes = 'moved' | 'blended' | 'nothing';

export type QuantizeRule =
  /** Stays in float. */
  | { readonly kind: 'float'; readonly why: string }
  /** Weights (input `weight`, channels along `axis` of the stored weight), int32 bias (input `bias`). */
  | {
      readonly kind: 'weighted';
      readonly weight: number;
      readonly axis: (ctx: { node: Node; weightDims: Dims }) => number;
      /** Axis of the output along which the channels lie. */
      readonly outputAxis: (rank: number) => number;
      readonly bias: number;
      readonly linear: (node: Node) => LinearPart;
      readonly integer: (ctx: IntegerContext) => readonly Node[] | null;
      /** What meets the weights of one output channel, row by row; null where that is not one row a position. */
      readonly rows: (ctx: { node: Node; x: Dims; weightDims: Dims }) => ProductRows | null;
    }
  | SameScale
  /** Arithmetic with scales of its own on each input in `data` and on the output. */
  | {
      readonly kind: 'arithmetic';
      readonly data: readonly number[] | 'all';
      readonly integer: (ctx: IntegerContext) => readonly Node[] | null;
    }
  /** Unary function of input 0 (other inputs constant): becomes a table of 256 bytes. */
  | { readonly kind: 'table' };

export const onBytes = (rule: SameScale, node: Node): OnBytes => rule.onBytes?.of(node) ?? 'moved';

/** Whether output i holds values, which have a scale. */
export const isResult = (rule: QuantizeRule, i: number): boolean =>
  rule.kind !== 'same-scale' || (rule.results?.includes(i) ?? true);
