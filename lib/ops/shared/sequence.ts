// What the operators on sequences and optionals share. Their outputs are known when their inputs are; until then the plan
// waits for the data.
import { expected, KompaktError } from '../../errors.js';
import { scalarOf, type TensorValue } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  defineOp,
  type InferContext,
  type InferredType,
  inputValue,
  needValue,
  noMacs,
  notDifferentiable,
  type OpDef,
  type ReferenceContext,
  staysFloat,
  typeOf,
} from '../op.js';

export interface SequenceSpec {
  readonly op: string;
  readonly since: number;
  readonly inputs: readonly [number, number];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly reference: (ctx: ReferenceContext) => TensorValue;
}

/** An operator on sequences or optionals with one output. */
export function sequenceOp({ op, since, inputs, attributes, reference }: SequenceSpec): OpDef {
  return defineOp({
    op,
    domain: '',
    since,
    inputs,
    outputs: [1, 1],
    attributes: attributes ?? {},
    infer: (ctx: InferContext): readonly InferredType[] => {
      const values = ctx.inputs.map((type, i) => (type === undefined ? undefined : needValue(ctx, i)));
      const { node, opset, where } = ctx;
      const value = reference({ node, opset, where, inputs: values });
      return [{ ...typeOf(value), value }];
    },
    reference: (ctx) => [reference(ctx)],
    gradient: notDifferentiable('sequences have no gradient'),
    cost: noMacs,
    quantize: staysFloat('sequences are not quantised'),
    lower: 'host',
    containers: true,
  });
}

/** The elements of input i, which must be a sequence. */
export function elementsIn(ctx: ReferenceContext, i: number): readonly TensorValue[] {
  const { elements } = inputValue(ctx, i);
  if (!elements)
    throw new KompaktError(
      'KPT_TYPE_MISMATCH',
      expected('a sequence', `input ${i} of ${ctx.where}`, elements),
    );
  return elements;
}

/** Input i, which must be a tensor of type `dtype`, if one is given. */
export function tensorIn(ctx: ReferenceContext, i: number, dtype?: string): TensorValue {
  const value = inputValue(ctx, i);
  if (value.elements !== undefined || (dtype !== undefined && value.dtype !== dtype))
    throw new KompaktError(
      'KPT_TYPE_MISMATCH',
      expected(`a tensor${dtype ? ` of ${dtype}` : ''}`, `input ${i} of ${ctx.where}`, value.dtype),
    );
  return value;
}

/** Position given by input i: counted from the end when negative, `last` when absent. */
export function positionIn(ctx: ReferenceContext, i: number, last: number): number {
  if (ctx.inputs[i] === undefined) return last;
  const given = scalarOf(tensorIn(ctx, i), ctx.where);
  const count = elementsIn(ctx, 0).length;
  const position = given < 0 ? given + count : given;
  if (position < 0 || position > last)
    throw new KompaktError(
      'KPT_DATA_MALFORMED',
      expected(`a position in [${-count},${last}]`, ctx.where, given),
    );
  return position;
}
