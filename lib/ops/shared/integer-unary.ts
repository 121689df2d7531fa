// Integer operators of com.microsoft with one data input: X, x_scale, x_zero, y_scale, y_zero.

import type { Node } from '../../graph/graph.js';
import type { DType } from '../../tensor/dtype.js';
import {
  type InferContext,
  type IntegerContext,
  inputType,
  inputValue,
  type ReferenceContext,
} from '../op.js';
import {
  byteInput,
  byteType,
  checkScalarParams,
  knownParams,
  type Scalar8,
  scalarParams,
} from './quantized.js';
import { fitsScalarForm, keptAttributes, operand, outputParams } from './weighted-rule.js';

const Y = 3;

/** Checks all inputs and gives the type of the output. */
export function inferIntegerUnary(ctx: InferContext): DType {
  const dtype = byteInput(ctx, 0, 2, 'X');
  checkScalarParams(ctx, 1, 'X');
  checkScalarParams(ctx, Y, 'Y');
  return ctx.inputs[Y + 1] === undefined ? dtype : byteType(ctx, Y + 1, 'a Y zero point');
}

export interface UnaryParams {
  readonly x: Scalar8;
  readonly y: Scalar8;
}

export function referenceParams(ctx: ReferenceContext): UnaryParams {
  const { dtype } = inputValue(ctx, 0);
  return {
    x: scalarParams(ctx, 1, dtype),
    y: scalarParams(ctx, Y, ctx.inputs[Y + 1]?.dtype ?? dtype),
  };
}

/** The same at plan time, undefined when not known. */
export function planParams(ctx: InferContext): UnaryParams | undefined {
  const { dtype } = inputType(ctx, 0);
  const x = knownParams(ctx, 1, dtype);
  const y = knownParams(ctx, Y, ctx.inputs[Y + 1]?.dtype ?? dtype);
  return x && y && { x, y };
}

/** The node `domain:op` for a float operator with one data input; null when it is not quantised per tensor. */
export function integerUnary(
  ctx: IntegerContext,
  op: string,
  domain: string,
  attributes: Node['attributes'] = {},
): readonly Node[] | null {
  const x = ctx.quantized(0);
  if (x === undefined || ctx.output === undefined || !fitsScalarForm(x.params) || !fitsScalarForm(ctx.output))
    return null;
  return [
    {
      name: ctx.node.name,
      op,
      domain,
      inputs: [...operand(ctx, x.name, x.params), ...outputParams(ctx)],
      outputs: [ctx.outputName],
      attributes: { ...keptAttributes(ctx.node, Object.keys(ctx.node.attributes)), ...attributes },
    },
  ];
}
