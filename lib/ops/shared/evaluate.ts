// Values that are known before a run. Where nothing comes out there is nothing to compute: the other dims of a tensor without
// elements may be huge, and references make tables for them.
import { sizeOf } from '../../tensor/shape.js';
import { emptyTensor, type TensorValue } from '../../tensor/tensor.js';
import type { InferredType, OpDef, ReferenceContext, TensorType } from '../op.js';

const isEmpty = ({ dims, container }: TensorType): boolean => container === undefined && sizeOf(dims) === 0;

/** The types with their values, where all are without elements. */
export const withEmptyValues = (types: readonly InferredType[]): readonly InferredType[] =>
  types.every(isEmpty)
    ? types.map((type) => ({ ...type, value: emptyTensor(type.dtype, type.dims) }))
    : types;

/** What a node whose inputs are all known makes; `types` is what it infers. */
export const evaluate = (
  def: OpDef,
  ctx: ReferenceContext,
  types: readonly TensorType[],
): readonly TensorValue[] =>
  types.every(isEmpty) ? types.map(({ dtype, dims }) => emptyTensor(dtype, dims)) : def.reference(ctx);
