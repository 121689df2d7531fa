// AttributeProto <-> Attribute.
import { expected, KompaktError } from '../errors.js';
import type { Attribute, Graph } from '../graph/graph.js';
import { dtypes } from '../tensor/dtype.js';
import type { ReadExternal } from './external-data.js';
import { fromNumber, toNumber } from './int64.js';
import type { AttributeProto, GraphProto } from './schema.js';
import { readTensor, writeTensor } from './tensor-proto.js';
import { elementType } from './value-info.js';

/** AttributeProto.AttributeType. */
export const attributeCodes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const satisfies Record<Attribute['type'], number>;

const byCode = new Map<number, Attribute['type']>(
  Object.entries(attributeCodes).map(([type, code]) => [code, type as Attribute['type']]),
);

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** The type of an attribute; where old files leave it out, that of the field that is present. */
export function attributeType(proto: AttributeProto, where: string): Attribute['type'] {
  const type = proto.type ? byCode.get(proto.type) : typeOfField(proto);
  if (type === undefined)
    throw new KompaktError(
      'KPT_ONNX_UNSUPPORTED',
      `Attribute type ${proto.type ?? 'unknown'} of attribute '${proto.name}' of ${where} is not supported.`,
    );
  return type;
}

function typeOfField(proto: AttributeProto): Attribute['type'] | undefined {
  if (proto.t != null) return 'tensor';
  if (proto.g != null) return 'graph';
  if (Object.hasOwn(proto, 's')) return 'string';
  if (Object.hasOwn(proto, 'i')) return 'int';
  if (Object.hasOwn(proto, 'f')) return 'float';
  if (proto.floats?.length) return 'floats';
  if (proto.ints?.length) return 'ints';
  return proto.strings?.length ? 'strings' : undefined;
}

export interface AttributeReader {
  readonly where: string;
  readonly readExternal: ReadExternal;
  readonly readGraph: (proto: GraphProto) => Graph;
}

/** AttributeProto.AttributeType of a type; kept as the code of its element type. */
const typeCode = 13;

export function readAttribute(proto: AttributeProto, reader: AttributeReader): Attribute {
  if (proto.type === typeCode && proto.tp != null)
    return { type: 'int', value: dtypes[elementType(proto.tp, reader.where)].onnx };
  const type = attributeType(proto, reader.where);
  switch (type) {
    case 'float':
      return { type, value: proto.f ?? 0 };
    case 'int':
      return { type, value: toNumber(proto.i) };
    case 'string':
      return { type, value: text(proto.s) };
    case 'floats':
      return { type, value: Array.from(proto.floats ?? []) };
    case 'ints':
      return { type, value: (proto.ints ?? []).map(toNumber) };
    case 'strings':
      return { type, value: (proto.strings ?? []).map(text) };
    case 'tensor':
      return { type, value: readTensor(present(proto.t, proto, reader), reader.where, reader.readExternal) };
    case 'graph':
      return { type, value: reader.readGraph(present(proto.g, proto, reader)) };
  }
}

function present<T>(value: T | null | undefined, proto: AttributeProto, reader: AttributeReader): T {
  if (value == null)
    throw new KompaktError(
      'KPT_ONNX_MALFORMED',
      expected('a value', `attribute '${proto.name}' of ${reader.where}`, 'none'),
    );
  return value;
}

export function writeAttribute(
  name: string,
  attribute: Attribute,
  writeGraph: (graph: Graph) => GraphProto,
): AttributeProto {
  const head = { name, type: attributeCodes[attribute.type] };
  switch (attribute.type) {
    case 'float':
      return { ...head, f: attribute.value };
    case 'int':
      return { ...head, i: fromNumber(attribute.value) };
    case 'string':
      return { ...head, s: bytes(attribute.value) };
    case 'floats':
      return { ...head, floats: attribute.value };
    case 'ints':
      return { ...head, ints: attribute.value.map(fromNumber) };
    case 'strings':
      return { ...head, strings: attribute.value.map(bytes) };
    case 'tensor':
      return { ...head, t: writeTensor('', attribute.value) };
    case 'graph':
      return { ...head, g: writeGraph(attribute.value) };
  }
}
