// ValueInfoProto <-> ValueInfo: the types of graph inputs and outputs. Only dense tensors are supported.
import { KompaktError } from '../errors.js';
import type { Dim, ValueInfo } from '../graph/graph.js';
import { dtypeFromOnnx, dtypes } from '../tensor/dtype.js';
import { toNumber } from './int64.js';
import type { DimensionProto, ValueInfoProto } from './schema.js';

/** The type under `name`. Files may leave types of subgraph values out: those read as float32 and `undeclared`. */
export function readValueInfo(proto: ValueInfoProto, name: string): ValueInfo {
  const { type } = proto;
  for (const kind of ['sequenceType', 'mapType', 'sparseTensorType', 'optionalType'] as const)
    if (type != null && Object.hasOwn(type, kind))
      throw new KompaktError(
        'KPT_ONNX_UNSUPPORTED',
        `Value '${name}' is not a dense tensor (${kind.slice(0, -4)}), which is not supported.`,
      );
  const tensorType = type?.tensorType;
  if (!tensorType?.elemType) return { name, dtype: 'float32', dims: null, undeclared: true };
  return {
    name,
    dtype: dtypeFromOnnx(tensorType.elemType, `value '${name}'`),
    dims: tensorType.shape == null ? null : (tensorType.shape.dim ?? []).map(readDim),
  };
}

function readDim(proto: DimensionProto): Dim {
  if (proto.dimValue !== undefined && Object.hasOwn(proto, 'dimValue')) {
    const size = toNumber(proto.dimValue);
    // Some exporters write -1 for "any".
    return size < 0 ? null : size;
  }
  return proto.dimParam || null;
}

export function writeValueInfo(info: ValueInfo): ValueInfoProto {
  if (info.undeclared) return { name: info.name };
  const elemType = dtypes[info.dtype].onnx;
  if (info.dims === null) return { name: info.name, type: { tensorType: { elemType } } };
  const dim = info.dims.map((d) =>
    d === null ? {} : typeof d === 'number' ? { dimValue: d } : { dimParam: d },
  );
  return { name: info.name, type: { tensorType: { elemType, shape: { dim } } } };
}
