// Changes ONNX files at random, knowing protobuf: fields are deleted, doubled, moved and overwritten with numbers that like
// to break things, and the lengths around them are mended, so that the damage reaches the code behind the reader. The same
// seed gives the same file.

/** A field on the wire; `children` where its bytes read as a message of their own. */
interface Field {
  readonly tag: number;
  varint?: bigint;
  bytes?: Uint8Array;
  children?: Field[];
}

export type Random = (below: number) => number;

/** Whole numbers in [0, below), the same on every machine. */
export function randomOf(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x3c6ef372) >>> 0;
    return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * below);
  };
}

const nastyNumbers: readonly bigint[] = [
  0n, 1n, 2n, 3n, 7n, 8n, 16n, 17n, 127n, 128n, 255n, 256n, 65535n, 1n << 24n, (1n << 31n) - 1n, 1n << 31n,
  (1n << 32n) - 1n, 1n << 40n, (1n << 53n) + 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n, (1n << 64n) - 2n,
]; // biome-ignore format: a table

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

function changeBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const out = Uint8Array.from(bytes);
  if (out.length === 0) return Uint8Array.of(random(256));
  if (random(3) === 0) return out.subarray(0, random(out.length));
  out[random(out.length)] = random(2) === 0 ? random(256) : [0, 1, 0x7f, 0x80, 0xff][random(5)]!;
  return out;
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
      if (field.varint !== undefined) field.varint = nastyNumbers[random(nastyNumbers.length)]!;
      else if (field.bytes !== undefined)
        list[i] = { tag: field.tag, bytes: changeBytes(field.bytes, random) };
      else list[i] = { tag: field.tag, bytes: changeBytes(writeMessage(field.children!), random) };
  }
}

/** The file with one to four changes. */
export function mutateOnnx(bytes: Uint8Array, random: Random): Uint8Array {
  const fields = random(10) === 0 ? null : readMessage(bytes);
  if (fields === null || fields.length === 0) return changeBytes(bytes, random);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const list = pickList(fields, random);
    if (list.length > 0) changeField(list, random, fields);
  }
  return writeMessage(fields);
}
