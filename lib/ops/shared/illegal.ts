// The three ways in which a node can be illegal, each thrown in the common grammar of messages.
import { expected, KompaktError } from '../../errors.js';
import type { DType } from '../../tensor/dtype.js';

export function illegalShape(what: string, where: string, got: unknown): never {
  throw new KompaktError('KPT_SHAPE_MISMATCH', expected(what, where, got));
}

export function illegalType(what: string, where: string, got: unknown): never {
  throw new KompaktError('KPT_TYPE_MISMATCH', expected(what, where, got));
}

export function illegalAttribute(what: string, where: string, got: unknown): never {
  throw new KompaktError('KPT_ATTRIBUTE_INVALID', expected(what, where, got));
}

/** Throws unless `dtype` is one of `allowed`. */
export function checkType(dtype: DType, allowed: readonly DType[], what: string, where: string): void {
  if (!allowed.includes(dtype)) illegalType(`${what} of type ${allowed.join(' or ')}`, where, dtype);
}

export const floatTypes: readonly DType[] = ['float32', 'float16', 'bfloat16', 'float64'];
export const byteTypes: readonly DType[] = ['uint8', 'int8'];

/** Throws unless the dims have at least `rank` axes. */
export function checkRank(dims: readonly number[], rank: number, what: string, where: string): void {
  if (dims.length < rank) illegalShape(`${what} of rank ${rank} or more`, where, dims);
}
