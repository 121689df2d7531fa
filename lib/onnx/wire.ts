// Messages of protobuf as tables of fields, for wire-reader.ts and wire-writer.ts.
// Format: https://protobuf.dev/programming-guides/encoding/

/** 64-bit integers beyond 2^53 have two halves; smaller ones are numbers. */
export interface Int64 {
  readonly low: number;
  readonly high: number;
}

export type Scalar = 'int32' | 'int64' | 'uint64' | 'float' | 'double' | 'string' | 'bytes';

export interface Field {
  readonly id: number;
  readonly name: string;
  readonly kind: Scalar | MessageType;
  readonly repeated: boolean;
  /** Wire type of one value. */
  readonly wire: number;
}

/** A message: its fields, and an object with the value of every field that a file leaves out. */
export interface MessageType {
  readonly byId: ReadonlyMap<number, Field>;
  readonly defaults: object;
}

export type Message = Record<string, unknown>;

const scalars: ReadonlySet<string> = new Set<Scalar>([
  'int32',
  'int64',
  'uint64',
  'float',
  'double',
  'string',
  'bytes',
]);

/** The messages of a schema by name. A schema has, for each message, field number -> "name kind", where kind is a scalar or
 *  the name of a message, with '*' when repeated. */
export function messageTypes<Name extends string>(
  schema: Readonly<Record<Name, Readonly<Record<number, string>>>>,
): Readonly<Record<Name, MessageType>> {
  const types: Record<string, { byId: Map<number, Field>; defaults: Message }> = {};
  for (const name of Object.keys(schema)) types[name] = { byId: new Map(), defaults: {} };
  for (const [name, fields] of Object.entries<Readonly<Record<number, string>>>(schema))
    for (const [id, text] of Object.entries(fields)) {
      const [field, type] = text.split(' ') as [string, string];
      const repeated = type.endsWith('*');
      const word = repeated ? type.slice(0, -1) : type;
      const kind = scalars.has(word) ? (word as Scalar) : types[word]!;
      types[name]!.byId.set(Number(id), {
        id: Number(id),
        name: field,
        kind,
        repeated,
        wire: wireOf(kind),
      });
      types[name]!.defaults[field] = defaultOf(kind, repeated);
    }
  return types as Record<Name, MessageType>;
}

function defaultOf(kind: Field['kind'], repeated: boolean): unknown {
  if (repeated) return Object.freeze([]);
  if (typeof kind !== 'string') return null;
  return kind === 'string' ? '' : kind === 'bytes' ? new Uint8Array(0) : 0;
}

/** Wire types. */
export const wire = { varint: 0, fixed64: 1, delimited: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

function wireOf(kind: Field['kind']): number {
  switch (kind) {
    case 'int32':
    case 'int64':
    case 'uint64':
      return wire.varint;
    case 'float':
      return wire.fixed32;
    case 'double':
      return wire.fixed64;
    default:
      return wire.delimited;
  }
}
