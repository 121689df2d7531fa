// ValueInfoProto <-> ValueInfo: the types of graph inputs and outputs: dense tensors, sequences of them, and optionals.
import { KompaktError } from '../errors.js';
import type { Container, Dim, ValueInfo } from '../graph/graph.js';
import { type DType, dtypeFromOnnx, dtypes } from '../tensor/dtype.js';
import { toNumber } from './int64.js';
import type { DimensionProto, TypeProto, ValueInfoProto } from './schema.js';

/** The type under `name`. Files may leave types of subgraph values out: those read as float32 and `undeclared`. */
export function readValueInfo({ type }: ValueInfoProto, name: string): ValueInfo {
  const { container, inner } = unwrap(type ?? {}, name);
  const { tensorType } = inner;
  if (!tensorType?.elemType) return { name, dtype: 'float32', dims: null, undeclared: true };
  const dtype = dtypeFromOnnx(tensorType.elemType, `value '${name}'`);
  if (container !== undefined) return { name, dtype, dims: null, container };
  return {
    name,
    dtype,
    dims: tensorType.shape == null ? null : (tensorType.shape.dim ?? []).map(readDim),
  };
}

/** Element type of the innermost tensors of a type. */
export function elementType(type: TypeProto, where: string): DType {
  return dtypeFromOnnx(unwrap(type, where).inner.tensorType?.elemType ?? 0, where);
}

const kindOf = (type: TypeProto): string | undefined =>
  ['sequenceType', 'mapType', 'sparseTensorType', 'optionalType'].find((kind) => Object.hasOwn(type, kind));

/** What holds the tensors of a type, and their type. */
function unwrap(
  type: TypeProto,
  name: string,
): { readonly container?: Container; readonly inner: TypeProto } {
  const outer = kindOf(type);
  if (outer === undefined) return { inner: type };
  const held = type.optionalType?.elemType ?? type.sequenceType?.elemType ?? {};
  const inside = kindOf(held);
  if (outer === 'sequenceType' && inside === undefined) return { container: 'sequence', inner: held };
  if (outer === 'optionalType' && inside === undefined) return { container: 'optional', inner: held };
  const deepest = held.sequenceType?.elemType ?? {};
  if (outer === 'optionalType' && inside === 'sequenceType' && kindOf(deepest) === undefined)
    return { container: 'optional-sequence', inner: deepest };
  const kinds = [outer, inside].flatMap((kind) => (kind === undefined ? [] : [kind.slice(0, -4)]));
  throw new KompaktError(
    'KPT_ONNX_UNSUPPORTED',
    `Value '${name}' is not a dense tensor (${kinds.join(' of ')}), which is not supported.`,
  );
}

function readDim(proto: DimensionProto): Dim {
  if (proto.dimValue !== undefined && Object.hasOwn(proto, 'dimValue')) {
    const size = toNumber(proto.dimValue);
    // Some exporters write -1 for "any".
    return size < 0 ? null : size;
  }
  return proto.dimParam || null;
}

const wrappers: Readonly<Record<Container, (elemType: TypeProto) => TypeProto>> = {
  sequence: (elemType) => ({ sequenceType: { elemType } }),
  optional: (elemType) => ({ optionalType: { elemType } }),
  'optional-sequence': (elemType) => ({ optionalType: { elemType: { sequenceType: { elemType } } } }),
};

export function writeValueInfo(info: ValueInfo): ValueInfoProto {
  if (info.undeclared) return { name: info.name };
  const elemType = dtypes[info.dtype].onnx;
  const wrap = info.container === undefined ? (type: TypeProto) => type : wrappers[info.container];
  if (info.dims === null) return { name: info.name, type: wrap({ tensorType: { elemType } }) };
  const dim = info.dims.map((d) =>
    d === null ? {} : typeof d === 'number' ? { dimValue: d } : { dimParam: d },
  );
  return { name: info.name, type: { tensorType: { elemType, shape: { dim } } } };
}
