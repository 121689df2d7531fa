// The ONNX protobuf messages that kompakt reads and writes, as types and as tables of fields.
// An optional field that a file leaves out reads as its default through the prototype: presence is Object.hasOwn.
// Field numbers: onnx/onnx.proto of the ONNX specification. Fields that are left out here are skipped when read.
import { type Int64, type MessageType, messageTypes } from './wire.js';
import { decode } from './wire-reader.js';
import { encode } from './wire-writer.js';

export type { Int64 } from './wire.js';

export interface EntryProto {
  readonly key: string;
  readonly value: string;
}

export interface TensorProto {
  readonly name?: string;
  readonly dims?: readonly (Int64 | number)[];
  readonly dataType?: number;
  readonly segment?: unknown;
  readonly floatData?: ArrayLike<number>;
  readonly int32Data?: readonly number[];
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: readonly (Int64 | number)[];
  readonly doubleData?: readonly number[];
  readonly uint64Data?: readonly (Int64 | number)[];
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
  readonly floats?: ArrayLike<number>;
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

const schema = {
  Entry: {
    1: 'key string',
    2: 'value string',
  },
  Tensor: {
    1: 'dims int64*',
    2: 'dataType int32',
    3: 'segment bytes',
    4: 'floatData float*',
    5: 'int32Data int32*',
    6: 'stringData bytes*',
    7: 'int64Data int64*',
    8: 'name string',
    9: 'rawData bytes',
    10: 'doubleData double*',
    11: 'uint64Data uint64*',
    13: 'externalData Entry*',
    14: 'dataLocation int32',
  },
  SparseTensor: {
    1: 'values Tensor',
    2: 'indices Tensor',
    3: 'dims int64*',
  },
  Dimension: {
    1: 'dimValue int64',
    2: 'dimParam string',
  },
  Shape: {
    1: 'dim Dimension*',
  },
  TensorType: {
    1: 'elemType int32',
    2: 'shape Shape',
  },
  WrappedType: {
    1: 'elemType Type',
  },
  Type: {
    1: 'tensorType TensorType',
    4: 'sequenceType WrappedType',
    5: 'mapType bytes',
    8: 'sparseTensorType bytes',
    9: 'optionalType WrappedType',
  },
  ValueInfo: {
    1: 'name string',
    2: 'type Type',
  },
  Attribute: {
    1: 'name string',
    2: 'f float',
    3: 'i int64',
    4: 's bytes',
    5: 't Tensor',
    6: 'g Graph',
    7: 'floats float*',
    8: 'ints int64*',
    9: 'strings bytes*',
    14: 'tp Type',
    20: 'type int32',
    21: 'refAttrName string',
    22: 'sparseTensor SparseTensor',
  },
  Node: {
    1: 'input string*',
    2: 'output string*',
    3: 'name string',
    4: 'opType string',
    5: 'attribute Attribute*',
    7: 'domain string',
    8: 'overload string',
  },
  Graph: {
    1: 'node Node*',
    2: 'name string',
    5: 'initializer Tensor*',
    11: 'input ValueInfo*',
    12: 'output ValueInfo*',
    13: 'valueInfo ValueInfo*',
    15: 'sparseInitializer SparseTensor*',
  },
  OperatorSet: {
    1: 'domain string',
    2: 'version int64',
  },
  Function: {
    1: 'name string',
    4: 'input string*',
    5: 'output string*',
    6: 'attribute string*',
    7: 'node Node*',
    9: 'opsetImport OperatorSet*',
    10: 'domain string',
    11: 'attributeProto Attribute*',
    13: 'overload string',
  },
  Model: {
    1: 'irVersion int64',
    2: 'producerName string',
    3: 'producerVersion string',
    4: 'domain string',
    5: 'modelVersion int64',
    6: 'docString string',
    7: 'graph Graph',
    8: 'opsetImport OperatorSet*',
    14: 'metadataProps Entry*',
    25: 'functions Function*',
  },
} as const;

let modelType: MessageType | undefined;

const model = (): MessageType => {
  modelType ??= messageTypes(schema).Model;
  return modelType;
};

/** Byte fields are views of `bytes`, at any alignment. Throws RangeError on malformed bytes. */
export const decodeModel = (bytes: Uint8Array): ModelProto => decode(model(), bytes) as ModelProto;

export const encodeModel = (proto: ModelProto): Uint8Array => encode(model(), proto);
