// The ONNX protobuf messages that kompakt reads and writes, as types and as a protobufjs schema built on first use.
// An optional field that a file leaves out reads as its default through the prototype: presence is Object.hasOwn.
// Field numbers: onnx/onnx.proto of the ONNX specification. Fields that are left out here are skipped when read.
import protobuf from 'protobufjs';

/** 64-bit integers arrive as objects with two halves. */
export interface Int64 {
  readonly low: number;
  readonly high: number;
}

export interface EntryProto {
  readonly key: string;
  readonly value: string;
}

export interface TensorProto {
  readonly name?: string;
  readonly dims?: readonly (Int64 | number)[];
  readonly dataType?: number;
  readonly segment?: unknown;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: readonly Int64[];
  readonly doubleData?: readonly number[];
  readonly uint64Data?: readonly Int64[];
  readonly rawData?: Uint8Array;
  readonly externalData?: readonly EntryProto[];
  readonly dataLocation?: number;
}

export interface SparseTensorProto {
  readonly values?: TensorProto;
  readonly indices?: TensorProto;
  readonly dims?: readonly (Int64 | number)[];
}

export interface DimensionProto {
  readonly dimValue?: Int64 | number;
  readonly dimParam?: string;
}

export interface TypeProto {
  readonly tensorType?: {
    readonly elemType?: number;
    readonly shape?: { readonly dim?: readonly DimensionProto[] };
  };
  readonly sequenceType?: { readonly elemType?: TypeProto };
  readonly mapType?: unknown;
  readonly sparseTensorType?: unknown;
  readonly optionalType?: { readonly elemType?: TypeProto };
}

export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: TypeProto;
}

export interface AttributeProto {
  readonly name: string;
  readonly refAttrName?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: Int64 | number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly sparseTensor?: SparseTensorProto;
  readonly tp?: TypeProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly (Int64 | number)[];
  readonly strings?: readonly Uint8Array[];
}

export interface NodeProto {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly attribute?: readonly AttributeProto[];
}

export interface GraphProto {
  readonly name?: string;
  readonly node?: readonly NodeProto[];
  readonly initializer?: readonly TensorProto[];
  readonly sparseInitializer?: readonly SparseTensorProto[];
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
  readonly valueInfo?: readonly ValueInfoProto[];
}

export interface OperatorSetProto {
  readonly domain?: string;
  readonly version?: Int64 | number;
}

export interface FunctionProto {
  readonly name?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly attribute?: readonly string[];
  readonly attributeProto?: readonly AttributeProto[];
  readonly node?: readonly NodeProto[];
  readonly opsetImport?: readonly OperatorSetProto[];
}

export interface ModelProto {
  readonly irVersion?: Int64 | number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: Int64 | number;
  readonly docString?: string;
  readonly graph?: GraphProto;
  readonly opsetImport?: readonly OperatorSetProto[];
  readonly metadataProps?: readonly EntryProto[];
  readonly functions?: readonly FunctionProto[];
}

const source = `
syntax = "proto2";
message Entry { optional string key = 1; optional string value = 2; }
message Tensor {
  repeated int64 dims = 1;
  optional int32 data_type = 2;
  optional bytes segment = 3;
  repeated float float_data = 4 [packed = true];
  repeated int32 int32_data = 5 [packed = true];
  repeated bytes string_data = 6;
  repeated int64 int64_data = 7 [packed = true];
  optional string name = 8;
  optional bytes raw_data = 9;
  repeated double double_data = 10 [packed = true];
  repeated uint64 uint64_data = 11 [packed = true];
  repeated Entry external_data = 13;
  optional int32 data_location = 14;
}
message SparseTensor { optional Tensor values = 1; optional Tensor indices = 2; repeated int64 dims = 3; }
message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; }
message Shape { repeated Dimension dim = 1; }
message TensorType { optional int32 elem_type = 1; optional Shape shape = 2; }
message WrappedType { optional Type elem_type = 1; }
message Type {
  optional TensorType tensor_type = 1;
  optional WrappedType sequence_type = 4;
  optional bytes map_type = 5;
  optional bytes sparse_tensor_type = 8;
  optional WrappedType optional_type = 9;
}
message ValueInfo { optional string name = 1; optional Type type = 2; }
message Attribute {
  optional string name = 1;
  optional float f = 2;
  optional int64 i = 3;
  optional bytes s = 4;
  optional Tensor t = 5;
  optional Graph g = 6;
  repeated float floats = 7;
  repeated int64 ints = 8;
  repeated bytes strings = 9;
  optional Type tp = 14;
  optional int32 type = 20;
  optional string ref_attr_name = 21;
  optional SparseTensor sparse_tensor = 22;
}
message Node {
  repeated string input = 1;
  repeated string output = 2;
  optional string name = 3;
  optional string op_type = 4;
  repeated Attribute attribute = 5;
  optional string domain = 7;
  optional string overload = 8;
}
message Graph {
  repeated Node node = 1;
  optional string name = 2;
  repeated Tensor initializer = 5;
  repeated ValueInfo input = 11;
  repeated ValueInfo output = 12;
  repeated ValueInfo value_info = 13;
  repeated SparseTensor sparse_initializer = 15;
}
message OperatorSet { optional string domain = 1; optional int64 version = 2; }
message Function {
  optional string name = 1;
  repeated string input = 4;
  repeated string output = 5;
  repeated string attribute = 6;
  repeated Node node = 7;
  repeated OperatorSet opset_import = 9;
  optional string domain = 10;
  repeated Attribute attribute_proto = 11;
  optional string overload = 13;
}
message Model {
  optional int64 ir_version = 1;
  optional string producer_name = 2;
  optional string producer_version = 3;
  optional string domain = 4;
  optional int64 model_version = 5;
  optional string doc_string = 6;
  optional Graph graph = 7;
  repeated OperatorSet opset_import = 8;
  repeated Entry metadata_props = 14;
  repeated Function functions = 25;
}`;

let modelType: protobuf.Type | undefined;

const model = (): protobuf.Type => {
  modelType ??= protobuf.parse(source).root.lookupType('Model');
  return modelType;
};

/** Byte fields are views of `bytes`, at any alignment. Throws what protobufjs throws on malformed bytes. */
export const decodeModel = (bytes: Uint8Array): ModelProto => model().decode(bytes) as unknown as ModelProto;

export const encodeModel = (proto: ModelProto): Uint8Array =>
  model()
    .encode(proto as protobuf.Message)
    .finish();
