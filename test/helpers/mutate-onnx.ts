// Changes ONNX files at random, knowing protobuf: fields are deleted, doubled, moved and overwritten with numbers that like
// to break things, names and operators are exchanged, and the lengths around them are mended, so that the damage reaches the
// code behind the reader. The same seed gives the same file.
import { ops } from '../../lib/ops/index.js';
import { changeBytes, mutateBytes, nastyNumbers, oneOf, type Random } from './fuzz-random.js';

/** A field on the wire; `children` where its bytes read as a message of their own. */
interface Field {
  readonly tag: number;
  varint?: bigint;
  bytes?: Uint8Array;
  children?: Field[];
}

const deepest = 12;

/** The fields of a message, or null when the bytes are none. */
function readMessage(bytes: Uint8Array, depth = 0): Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n && at < bytes.length; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return null;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === null || tag > 0xffffn || tag < 8n) return null;
    const wire = Number(tag) & 7;
    if (wire === 0) {
      const value = varint();
      if (value === null) return null;
      fields.push({ tag: Number(tag), varint: value });
      continue;
    }
    const length = wire === 2 ? varint() : wire === 5 ? 4n : wire === 1 ? 8n : null;
    if (length === null || length > BigInt(bytes.length - at)) return null;
    const content = bytes.subarray(at, at + Number(length));
    at += Number(length);
    const children =
      wire === 2 && depth < deepest && content.length > 1 ? readMessage(content, depth + 1) : null;
    fields.push({ tag: Number(tag), ...(children === null ? { bytes: content } : { children }) });
  }
  return fields;
}

function writeVarint(value: bigint, out: number[]): void {
  let left = BigInt.asUintN(64, value);
  for (; left > 0x7fn; left >>= 7n) out.push(Number(left & 0x7fn) | 0x80);
  out.push(Number(left));
}

function writeMessage(fields: readonly Field[]): Uint8Array {
  const chunks = fields.flatMap(({ tag, varint, bytes, children }) => {
    const head: number[] = [];
    writeVarint(BigInt(tag), head);
    if (varint !== undefined) {
      writeVarint(varint, head);
      return [Uint8Array.from(head)];
    }
    const content = children === undefined ? bytes! : writeMessage(children);
    if ((tag & 7) === 2) writeVarint(BigInt(content.length), head);
    return [Uint8Array.from(head), content];
  });
  return new Uint8Array(Buffer.concat(chunks));
}

/** A list of fields somewhere in the tree: deeper ones as likely as shallow ones. */
function pickList(fields: Field[], random: Random): Field[] {
  let list = fields;
  for (;;) {
    const inner = list.filter((field) => field.children !== undefined && field.children.length > 0);
    if (inner.length === 0 || random(6) === 0) return list;
    list = inner[random(inner.length)]!.children!;
  }
}

function changeField(list: Field[], random: Random, all: readonly Field[]): void {
  const i = random(list.length);
  const field = list[i]!;
  const other = pickList(all as Field[], random);
  switch (random(7)) {
    case 0:
      list.splice(i, 1);
      break;
    case 1:
      list.splice(random(list.length), 0, structuredClone(field));
      break;
    case 2:
      list[i] = structuredClone(other[random(other.length)]!);
      break;
    case 3:
      list.splice(i, 1);
      list.splice(random(list.length + 1), 0, field);
      break;
    default:
      if (field.varint !== undefined) field.varint = changedNumber(field.varint, random);
      else if (field.bytes !== undefined)
        list[i] = { tag: field.tag, bytes: changedContent(field, random, all) };
      else list[i] = { tag: field.tag, bytes: changeBytes(writeMessage(field.children!), random) };
  }
}

/** Dims, types, integers of attributes. */
const changedNumber = (value: bigint, random: Random): bigint =>
  random(3) === 0 ? value + BigInt(random(5) - 2) : oneOf(nastyNumbers, random);

const operatorNames = [...ops.values()].map((def) => new TextEncoder().encode(def.op));

/** Names, operators and data: the content of a field of the same kind elsewhere, another operator, or damage. */
function changedContent(field: Field, random: Random, all: readonly Field[]): Uint8Array {
  const isName = /^[A-Z]\w+$/.test(new TextDecoder().decode(field.bytes));
  if (isName && random(2) === 0) return oneOf(operatorNames, random);
  const others = leavesOf(all).filter(({ tag, bytes }) => tag === field.tag && bytes !== undefined);
  return random(2) === 0 && others.length > 0
    ? oneOf(others, random).bytes!
    : changeBytes(field.bytes!, random);
}

const leavesOf = (fields: readonly Field[]): readonly Field[] =>
  fields.flatMap((field) => (field.children === undefined ? [field] : leavesOf(field.children)));

/** The file with one to four changes. */
export function mutateOnnx(bytes: Uint8Array, random: Random): Uint8Array {
  const fields = random(10) === 0 ? null : readMessage(bytes);
  if (fields === null || fields.length === 0) return mutateBytes(bytes, random);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const list = pickList(fields, random);
    if (list.length > 0) changeField(list, random, fields);
  }
  return writeMessage(fields);
}
