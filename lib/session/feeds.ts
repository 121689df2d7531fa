// Between onnxruntime-common Tensors and the values of the engine: conversion and checks of names, types and shapes.
import { Tensor } from 'onnxruntime-common';
import { expected, KompaktError } from '../errors.js';
import type { Dim, ValueInfo } from '../graph/graph.js';
import { type DType, dtypes, type TypedArray } from '../tensor/dtype.js';
import { own } from '../tensor/own.js';
import { sizeOf } from '../tensor/shape.js';
import { nothing, sequence, storedAs, type TensorValue } from '../tensor/tensor.js';

/** A Tensor of any copy of onnxruntime-common, recognised by its shape. */
export interface TensorLike {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

export const sessionReleased = (): KompaktError =>
  new KompaktError('KPT_SESSION_RELEASED', 'The session was used after release().');

const show = (dims: readonly Dim[]): string => `[${dims.map((d) => d ?? '?').join(',')}]`;

/** Throws KPT_INPUT_UNKNOWN for a name that the model does not have. */
export function checkNames(
  what: 'input' | 'output',
  names: readonly string[],
  known: readonly string[],
): void {
  const wrong = names.find((name) => !known.includes(name));
  if (wrong === undefined) return;
  const has = known.map((name) => `"${name}"`).join(', ') || 'none';
  throw new KompaktError('KPT_INPUT_UNKNOWN', `The model has no ${what} "${wrong}"; it has ${has}.`);
}

/** The values of all inputs, checked one by one and against one another. Throws KPT_INPUT_MISSING, KPT_TYPE_MISMATCH,
 *  KPT_SHAPE_MISMATCH. */
export function feedValues(
  feeds: Readonly<Record<string, unknown>>,
  inputs: readonly ValueInfo[],
): Map<string, TensorValue> {
  const symbols = new Map<string, number>();
  const values = new Map<string, TensorValue>();
  for (const info of inputs) {
    const feed = own(feeds, info.name);
    if (feed === undefined)
      throw new KompaktError('KPT_INPUT_MISSING', `Input "${info.name}" was not fed.`, { input: info.name });
    values.set(info.name, toValue(feed as TensorLike, info, symbols));
  }
  return values;
}

/** Checks a feed against the model's input and returns its value; the data is not copied. A sequence is fed as an array of
 *  Tensors, an optional without a value as null. */
function toValue(
  feed: TensorLike | readonly TensorLike[] | null,
  info: ValueInfo,
  symbols: Map<string, number>,
): TensorValue {
  const where = `input "${info.name}"`;
  if (feed === null && info.container?.startsWith('optional')) return nothing(info.dtype);
  if (Array.isArray(feed) && info.container?.endsWith('sequence')) {
    const { name, dtype } = info;
    const elements = feed.map((one, i) =>
      toValue(one, { name: `${name}[${i}]`, dtype, dims: null }, symbols),
    );
    return sequence(dtype, elements);
  }
  return toTensorValue(feed as TensorLike, info, where, symbols);
}

function toTensorValue(
  feed: TensorLike,
  info: ValueInfo,
  where: string,
  symbols: Map<string, number>,
): TensorValue {
  if (info.container?.endsWith('sequence'))
    throw new KompaktError('KPT_TYPE_MISMATCH', expected('an array of Tensors', where, feed));
  if (typeof feed !== 'object' || feed === null || !Array.isArray(feed.dims) || feed.data === undefined)
    throw new KompaktError('KPT_TYPE_MISMATCH', expected('a Tensor', where, feed));
  // JavaScript has no bfloat16: its bits come and go as uint16.
  if (feed.type !== (info.dtype === 'bfloat16' ? 'uint16' : info.dtype))
    throw new KompaktError('KPT_TYPE_MISMATCH', expected(`element type ${info.dtype}`, where, feed.type));
  checkDims(feed.dims, info, where, symbols);
  const data = feed.data as TensorValue['data'];
  const array = dtypes[info.dtype].array;
  if (array !== null && ![array.name, alike[info.dtype]].includes(kindOf(data)))
    throw new KompaktError('KPT_TYPE_MISMATCH', expected(`data of type ${array.name}`, where, data));
  if (data.length !== sizeOf(feed.dims))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`${sizeOf(feed.dims)} elements`, `${where} of shape ${show(feed.dims)}`, data.length),
    );
  return { dtype: info.dtype, dims: feed.dims, data: storedAs(info.dtype, data) };
}

/** Other arrays whose elements have the same bits. */
const alike: Partial<Record<DType, string>> = { float16: 'Float16Array', uint8: 'Uint8ClampedArray' };

/** "Float32Array", also of an array of another realm. */
const kindOf = (data: unknown): string =>
  ArrayBuffer.isView(data) ? (data as unknown as TypedArray)[Symbol.toStringTag] : typeof data;

function checkDims(
  dims: readonly number[],
  info: ValueInfo,
  where: string,
  symbols: Map<string, number>,
): void {
  if (info.dims === null) return;
  const fits =
    dims.length === info.dims.length &&
    info.dims.every((dim, i) => {
      const got = dims[i]!;
      if (typeof dim === 'number') return dim === got;
      if (dim === null || dim === '') return true;
      const bound = symbols.get(dim) ?? got;
      symbols.set(dim, bound);
      return bound === got;
    });
  if (!fits)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`shape ${show(info.dims)}`, where, show(dims)));
}

/** What a program sees: a Tensor, an array of them for a sequence, null for an optional without a value. */
export const toResult = (value: TensorValue): Tensor | readonly Tensor[] | null =>
  value.elements === undefined ? toTensor(value) : (value.elements?.map(toTensor) ?? null);

/** The Tensor that a program sees. 16-bit floats stay raw bits, as in onnxruntime-node (a Float16Array of them where JavaScript
 *  has that); bfloat16 is called uint16. */
export function toTensor({ dtype, data, dims }: TensorValue): Tensor {
  return new Tensor(dtype === 'bfloat16' ? 'uint16' : dtype, data as never, dims);
}
