// Reads ONNX backend test cases: the types of a model's inputs and outputs, and the values in its .pb files.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

export const families = ['node', 'simple', 'pytorch-converted', 'pytorch-operator'];

/** Where the cases are: KOMPAKT_ONNX_TESTDATA, or where Debian's libonnx-testdata puts them; null when absent. */
export function testDataFolder() {
  const folder = process.env.KOMPAKT_ONNX_TESTDATA ?? '/usr/share/libonnx-testdata/data';
  return existsSync(join(folder, 'node')) ? folder : null;
}

export function listCases(folder) {
  return families.flatMap((family) =>
    existsSync(join(folder, family))
      ? readdirSync(join(folder, family))
          .sort()
          .filter((name) => existsSync(join(folder, family, name, 'model.onnx')))
          .map((name) => ({ family, name, path: join(folder, family, name) }))
      : [],
  );
}

// Field numbers: onnx/onnx.proto and onnx/onnx-data.proto of the ONNX specification.
const schema = protobuf.parse(`
syntax = "proto2";
message Tensor {
  repeated int64 dims = 1;
  optional int32 data_type = 2;
  repeated float float_data = 4 [packed = true];
  repeated int32 int32_data = 5 [packed = true];
  repeated bytes string_data = 6;
  repeated int64 int64_data = 7 [packed = true];
  optional string name = 8;
  optional bytes raw_data = 9;
  repeated double double_data = 10 [packed = true];
  repeated uint64 uint64_data = 11 [packed = true];
}
message Sequence { optional string name = 1; optional int32 elem_type = 2; repeated Tensor tensor_values = 3; }
message Optional {
  optional string name = 1; optional int32 elem_type = 2;
  optional Tensor tensor_value = 3; optional Sequence sequence_value = 5;
}
message TensorType { optional int32 elem_type = 1; }
message WrappedType { optional Type elem_type = 1; }
message Type {
  optional TensorType tensor_type = 1; optional WrappedType sequence_type = 4; optional WrappedType optional_type = 9;
}
message ValueInfo { optional string name = 1; optional Type type = 2; }
message Node { optional string op_type = 4; }
message Graph {
  repeated Node node = 1;
  repeated Tensor initializer = 5; repeated ValueInfo input = 11; repeated ValueInfo output = 12;
}
message Model { optional Graph graph = 7; }`).root;
const decode = (message, bytes) => schema.lookupType(message).decode(bytes);

const typeNames = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
};
const arrays = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
};

/** A type as { kind: 'tensor', type } with type undefined where JavaScript has none, or { kind, element }. */
function readType(proto) {
  if (proto?.sequenceType) return { kind: 'sequence', element: readType(proto.sequenceType.elemType) };
  if (proto?.optionalType) return { kind: 'optional', element: readType(proto.optionalType.elemType) };
  return { kind: 'tensor', type: typeNames[proto?.tensorType?.elemType] };
}

/** A case with its types; `plain` when all inputs and outputs are tensors of JavaScript's types. */
export function readCase({ path }) {
  const bytes = readFileSync(join(path, 'model.onnx'));
  const { graph } = decode('Model', bytes);
  const initialized = new Set(graph.initializer.map(({ name }) => name));
  const types = (infos) => infos.map(({ name, type }) => ({ name, ...readType(type) }));
  const inputs = types(graph.input).filter(({ name }) => !initialized.has(name));
  const outputs = types(graph.output);
  const plain = [...inputs, ...outputs].every((v) => v.kind === 'tensor' && v.type !== undefined);
  return { bytes, inputs, outputs, plain, ops: graph.node.map((node) => node.opType) };
}

const numberOf = (v) => (typeof v === 'number' ? v : v.toNumber ? v.toNumber() : Number(v.toString()));

function readTensor(proto) {
  const type = typeNames[proto.dataType];
  if (type === undefined) return { type: `type ${proto.dataType}`, dims: proto.dims.map(numberOf), data: [] };
  const dims = proto.dims.map(numberOf);
  if (type === 'string')
    return { type, dims, data: proto.stringData.map((text) => Buffer.from(text).toString('utf8')) };
  const array = arrays[type];
  if (proto.rawData?.length > 0) {
    const copy = Uint8Array.prototype.slice.call(proto.rawData);
    return {
      type,
      dims,
      data: new array(copy.buffer, copy.byteOffset, copy.length / array.BYTES_PER_ELEMENT),
    };
  }
  const fields = {
    float32: proto.floatData,
    float64: proto.doubleData,
    int64: proto.int64Data,
    uint32: proto.uint64Data,
    uint64: proto.uint64Data,
  };
  const values = fields[type] ?? proto.int32Data;
  return {
    type,
    dims,
    data: array.from(values, (v) =>
      array === BigInt64Array || array === BigUint64Array ? BigInt(v.toString()) : numberOf(v),
    ),
  };
}

/** A tensor, an array of tensors for a sequence, or null for an optional without a value. */
function readValue(file, type) {
  const bytes = readFileSync(file);
  if (type.kind === 'tensor') return readTensor(decode('Tensor', bytes));
  if (type.kind === 'sequence') return decode('Sequence', bytes).tensorValues.map(readTensor);
  const optional = decode('Optional', bytes);
  if (optional.tensorValue) return readTensor(optional.tensorValue);
  return optional.sequenceValue ? optional.sequenceValue.tensorValues.map(readTensor) : null;
}

/** The values of every test_data_set: { feeds, wanted } by name. */
export function readDataSets({ path }, { inputs, outputs }) {
  const values = (folder, prefix, infos) =>
    Object.fromEntries(
      infos.flatMap((info, i) => {
        const file = join(folder, `${prefix}_${i}.pb`);
        return existsSync(file) ? [[info.name, readValue(file, info)]] : [];
      }),
    );
  return readdirSync(path)
    .filter((name) => name.startsWith('test_data_set_'))
    .sort()
    .map((name) => ({
      feeds: values(join(path, name), 'input', inputs),
      wanted: values(join(path, name), 'output', outputs),
    }));
}
