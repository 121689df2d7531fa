// Makes TensorFlow Lite files for tests, field by field with the flatbuffers builder.
import { Builder } from 'flatbuffers';
import type { TypedArray } from '../../lib/tensor/dtype.js';
import { builtinOperators } from '../../lib/tflite/builtin-operators.js';

export interface FileTensor {
  readonly dims: readonly number[];
  readonly type?: keyof typeof types;
  /** Makes the tensor a constant. */
  readonly data?: TypedArray;
  /** [scale, zero point] of the whole tensor. */
  readonly scale?: readonly [number, number];
  /** Scales along an axis, with zero points 0. */
  readonly scales?: { readonly axis: number; readonly values: readonly number[] };
  /** The name in the file, when it is not that of the list. */
  readonly name?: string;
}

export interface FileOperator {
  readonly kind: string;
  /** Names of tensors; '' for one that is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By slot of the operator's options. */
  readonly options?: Readonly<Record<number, Option>>;
  /** Name of a custom operator. */
  readonly custom?: string;
}

export interface TfliteFile {
  readonly tensors: Readonly<Record<string, FileTensor>>;
  readonly operators: readonly FileOperator[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly description?: string;
  readonly version?: number;
}

const types = { float32: 0, float16: 1, int32: 2, uint8: 3, int64: 4, string: 5, int16: 7, int8: 9 } as const;

export type Option = (builder: Builder, slot: number) => void;

export const int8 =
  (value: number): Option =>
  (builder, slot) =>
    builder.addFieldInt8(slot, value, 0);
export const int32 =
  (value: number): Option =>
  (builder, slot) =>
    builder.addFieldInt32(slot, value, 0);
export const float32 =
  (value: number): Option =>
  (builder, slot) =>
    builder.addFieldFloat32(slot, value, 0);

export function tfliteFile(file: TfliteFile): Uint8Array {
  const builder = new Builder(1024);
  const names = Object.keys(file.tensors);
  const indexOf = (name: string): number => (name === '' ? -1 : names.indexOf(name));
  const kinds = [...new Set(file.operators.map((o) => o.custom ?? o.kind))];

  const buffers = [new Uint8Array(0), ...names.map((name) => bytesOf(file.tensors[name].data))].map(
    (bytes) => {
      const data = builder.createByteVector(bytes);
      return table(builder, 3, () => builder.addFieldOffset(0, data, 0));
    },
  );
  const tensors = names.map((name, i) => writeTensor(builder, name, file.tensors[name], i + 1));
  const operators = file.operators.map((operator) => {
    const options = table(builder, 12, () => {
      for (const [slot, write] of Object.entries(operator.options ?? {})) write(builder, Number(slot));
    });
    const inputs = int32s(builder, operator.inputs.map(indexOf));
    const outputs = int32s(builder, operator.outputs.map(indexOf));
    return table(builder, 9, () => {
      builder.addFieldInt32(0, kinds.indexOf(operator.custom ?? operator.kind), 0);
      builder.addFieldOffset(1, inputs, 0);
      builder.addFieldOffset(2, outputs, 0);
      builder.addFieldOffset(4, options, 0);
    });
  });
  const lists = {
    tensors: offsets(builder, tensors),
    inputs: int32s(builder, file.inputs.map(indexOf)),
    outputs: int32s(builder, file.outputs.map(indexOf)),
    operators: offsets(builder, operators),
  };
  const graph = table(builder, 5, () => {
    Object.values(lists).forEach((list, slot) => {
      builder.addFieldOffset(slot, list, 0);
    });
  });
  const codes = kinds.map((kind) => {
    const custom = builder.createString(kind);
    const code = builtinOperators.indexOf(kind);
    return table(builder, 4, () => {
      builder.addFieldInt8(0, Math.min(code < 0 ? builtinOperators.indexOf('CUSTOM') : code, 127), 0);
      if (code < 0) builder.addFieldOffset(1, custom, 0);
      else builder.addFieldInt32(3, code, 0);
    });
  });
  const parts = {
    1: offsets(builder, codes),
    2: offsets(builder, [graph]),
    3: builder.createString(file.description ?? ''),
    4: offsets(builder, buffers),
  };
  const model = table(builder, 6, () => {
    builder.addFieldInt32(0, file.version ?? 3, 0);
    for (const [slot, part] of Object.entries(parts)) builder.addFieldOffset(Number(slot), part, 0);
  });
  builder.finish(model, 'TFL3');
  return builder.asUint8Array();
}

function writeTensor(builder: Builder, key: string, tensor: FileTensor, buffer: number): number {
  const { dims, type = 'float32', name = key } = tensor;
  const shape = int32s(builder, dims);
  const label = builder.createString(name);
  const scales = tensor.scale === undefined ? (tensor.scales?.values ?? []) : [tensor.scale[0]];
  const zeros = tensor.scale === undefined ? scales.map(() => 0) : [tensor.scale[1]];
  let quantization = 0;
  if (scales.length > 0) {
    const scale = vector(builder, 4, scales, (v) => builder.addFloat32(v));
    const zero = vector(builder, 8, zeros, (v) => builder.addInt64(BigInt(v)));
    quantization = table(builder, 7, () => {
      builder.addFieldOffset(2, scale, 0);
      builder.addFieldOffset(3, zero, 0);
      builder.addFieldInt32(6, tensor.scales?.axis ?? 0, 0);
    });
  }
  return table(builder, 8, () => {
    builder.addFieldOffset(0, shape, 0);
    builder.addFieldInt8(1, types[type], 0);
    builder.addFieldInt32(2, buffer, 0);
    builder.addFieldOffset(3, label, 0);
    builder.addFieldOffset(4, quantization, 0);
  });
}

function table(builder: Builder, slots: number, write: () => void): number {
  builder.startObject(slots);
  write();
  return builder.endObject();
}

function vector(builder: Builder, size: number, values: readonly number[], add: (v: number) => void): number {
  builder.startVector(size, values.length, size);
  for (const value of values.toReversed()) add(value);
  return builder.endVector();
}

const int32s = (builder: Builder, values: readonly number[]): number =>
  vector(builder, 4, values, (v) => builder.addInt32(v));
const offsets = (builder: Builder, values: readonly number[]): number =>
  vector(builder, 4, values, (v) => builder.addOffset(v));

const bytesOf = (data: TypedArray | undefined): Uint8Array =>
  data === undefined ? new Uint8Array(0) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
