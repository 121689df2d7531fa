// What an operator tells quantisers of its values without seeing any: the field `bounds` of an OpDef.
import type { Node } from '../../graph/graph.js';
import type { TensorValue } from '../../tensor/tensor.js';

/** An interval of real numbers; infinite where it has no end. */
export interface Interval {
  readonly min: number;
  readonly max: number;
}

/** What a quantiser can count on at an operator. */
export interface Bounds {
  /** The part of input 0 outside of which the output stays what it is at the nearer end. */
  readonly needs?: Interval;
  /** The range that the quantiser of output 0 has, whatever calibration sees. */
  readonly gives?: Interval;
}

export interface BoundsContext {
  readonly node: Node;
  /** Constant value of an input, else undefined. */
  constant(name: string): TensorValue | undefined;
}

export type BoundsOf = (ctx: BoundsContext) => Bounds;
