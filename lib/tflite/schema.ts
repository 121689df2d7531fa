// The parts of the TensorFlow Lite schema (version 3, identifier TFL3) that are read, as plain objects. Numbers in calls
// are the slots of the schema's tables.
import { expected, KompaktError } from '../errors.js';
import { bytesPerElement, type DType, dtypes } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import { maxElements, type TensorValue, tensor } from '../tensor/tensor.js';
import { builtinOperators } from './builtin-operators.js';
import { FlatFile, malformed, type Table } from './flat-file.js';
import { type Quantization, readQuantization } from './quantization.js';

export interface TfTensor {
  /** As the file has it: may be empty or that of other tensors too. */
  readonly name: string;
  readonly dims: readonly number[];
  readonly dtype: DType;
  /** undefined: not quantised. */
  readonly quantization: Quantization | undefined;
  /** The value of a constant, read when asked for; undefined when an operator or the user makes it. */
  readonly constant: (() => TensorValue) | undefined;
}

export interface TfOperator {
  /** Name of the built-in operator, or "CUSTOM name". */
  readonly kind: string;
  /** "CONV_2D operator 3": for messages. */
  readonly where: string;
  /** Indices of tensors; -1 for one that is absent. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The operator's own table of options. */
  readonly options: Table | undefined;
}

export interface TfModel {
  readonly description: string;
  readonly tensors: readonly TfTensor[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly TfOperator[];
}

const identifier = 'TFL3';

/** True when bytes say that they are a TensorFlow Lite model. */
export const isTflite = (bytes: Uint8Array): boolean =>
  bytes.length >= 8 && String.fromCharCode(...bytes.subarray(4, 8)) === identifier;

/** By code of TensorType. Those left out (strings, complex numbers, resources, int4) cannot be read. */
const types: Readonly<Record<number, DType>> = {
  0: 'float32',
  1: 'float16',
  2: 'int32',
  3: 'uint8',
  4: 'int64',
  6: 'bool',
  7: 'int16',
  9: 'int8',
  10: 'float64',
  12: 'uint64',
  15: 'uint32',
  16: 'uint16',
};

export function readModel(bytes: Uint8Array): TfModel {
  const file = new FlatFile(bytes);
  const model = file.root();
  const version = model.uint32(0);
  if (version !== 3)
    throw new KompaktError('KPT_TFLITE_UNSUPPORTED', expected('version 3', 'the schema', version));
  const [graph] = model.tables(2);
  if (graph === undefined) malformed('The model has no subgraph.');
  const kinds = model.tables(1).map(operatorKind);
  const buffers = model.tables(4);
  const operators = graph.tables(3);
  const produced = new Set(operators.flatMap((operator) => operator.int32s(2)));
  const tensors = graph.tables(0).map((table, i) => readTensor(table, i, file, buffers, produced.has(i)));
  const indices = (list: readonly number[], where: string, absent: number): readonly number[] => {
    for (const i of list)
      if (i < absent || i >= tensors.length)
        malformed(expected(`a tensor index below ${tensors.length}`, where, i));
    return list;
  };
  return {
    description: model.string(3),
    tensors,
    inputs: indices(graph.int32s(1), 'an input', 0),
    outputs: indices(graph.int32s(2), 'an output', 0),
    operators: operators.map((operator, i): TfOperator => {
      const kind = kinds[operator.uint32(0)];
      if (kind === undefined) malformed(`Operator ${i} has a code that the model does not list.`);
      const where = `${kind} operator ${i}`;
      return {
        kind,
        where,
        inputs: indices(operator.int32s(1), `an input of ${where}`, -1),
        outputs: indices(operator.int32s(2), `an output of ${where}`, 0),
        options: operator.table(4),
      };
    }),
  };
}

/** Codes above 127 stand in a field of their own that older files do not have. */
function operatorKind(table: Table): string {
  const code = Math.max(table.int8(0), table.int32(3));
  const name = builtinOperators[code] ?? `operator code ${code}`;
  return name === 'CUSTOM' ? `CUSTOM ${JSON.stringify(table.string(1).slice(0, 80))}` : name;
}

function readTensor(
  table: Table,
  index: number,
  file: FlatFile,
  buffers: readonly Table[],
  produced: boolean,
): TfTensor {
  const name = table.string(3);
  const where = `tensor ${index} '${name.slice(0, 80)}'`;
  const dims = table.int32s(0);
  if (dims.length > 8 || dims.some((d) => d < 0))
    malformed(expected('a shape of at most 8 dimensions', where, dims));
  if (!(sizeOf(dims) <= maxElements))
    throw new KompaktError('KPT_TOO_LARGE', `The shape [${dims.join(',')}] of ${where} is too large.`);
  const code = table.int8(1);
  const dtype = types[code];
  if (dtype === undefined)
    throw new KompaktError('KPT_TFLITE_UNSUPPORTED', `Element type ${code} of ${where} is not supported.`);
  const data = readBuffer(table.uint32(2), file, buffers, where);
  const constant =
    produced || (data.length === 0 && sizeOf(dims) > 0)
      ? undefined
      : () => readConstant(dtype, dims, data, file, where);
  return { name, dims, dtype, quantization: readQuantization(table.table(4), dtype, dims, where), constant };
}

/** The bytes of a buffer: in its table or, in large files, behind all tables. */
function readBuffer(index: number, file: FlatFile, buffers: readonly Table[], where: string): Uint8Array {
  const buffer = buffers[index];
  if (buffer === undefined)
    malformed(expected(`one of ${buffers.length} buffers`, `the data of ${where}`, index));
  const offset = buffer.int64(1);
  return offset > 1 ? file.bytes(offset, buffer.int64(2)) : buffer.bytes(0);
}

function readConstant(
  dtype: DType,
  dims: readonly number[],
  data: Uint8Array,
  file: FlatFile,
  where: string,
): TensorValue {
  const wanted = sizeOf(dims) * bytesPerElement(dtype);
  if (data.length !== wanted) malformed(expected(`${wanted} bytes of data`, where, data.length));
  file.spend(wanted);
  const Elements = dtypes[dtype].array as NonNullable<(typeof dtypes)[DType]['array']>;
  // A copy of its own: the bytes in the file need not be aligned.
  return tensor(dtype, dims, new Elements(new Uint8Array(data).buffer));
}
