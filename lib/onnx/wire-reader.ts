// Protobuf's wire format -> messages. A reader of our own because loading a model is most of what a short-lived process
// does: it makes no code at run time and copies no tensor data.
// Format: https://protobuf.dev/programming-guides/encoding/
import { type Field, type Int64, type Message, type MessageType, wire, wireOf } from './wire.js';

/** Deepest message inside messages, as in other readers. */
const maxDepth = 100;

class Reader {
  private readonly view: DataView;
  private readonly text: Buffer;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  message(type: MessageType, end: number, depth: number): Message {
    if (depth > maxDepth) throw new RangeError(`messages are nested deeper than ${maxDepth}`);
    const message = Object.create(type.defaults) as Message;
    while (this.at < end) {
      const tag = this.low();
      const field = type.byId.get(tag >>> 3);
      const wireType = tag & 7;
      if (field === undefined) this.skip(tag, depth);
      else if (wireType === wireOf(field.kind)) {
        const value = this.value(field.kind, end, depth);
        if (!field.repeated) message[field.name] = value;
        else this.list(message, field.name).push(value);
      } else if (wireType === wire.delimited && field.repeated)
        this.packed(this.list(message, field.name), field.kind, end);
      else this.skip(tag, depth);
      if (this.at > end) throw new RangeError(`a field ends after its message, at byte ${this.at}`);
    }
    return message;
  }

  private list(message: Message, name: string): unknown[] {
    if (!Object.hasOwn(message, name)) message[name] = [];
    return message[name] as unknown[];
  }

  private value(kind: Field['kind'], end: number, depth: number): unknown {
    if (wireOf(kind) !== wire.delimited) return this.number(kind);
    const to = this.end(end);
    if (kind === 'string') {
      const text = this.text.toString('utf8', this.at, to);
      this.at = to;
      return text;
    }
    if (kind !== 'bytes') return this.message(kind as MessageType, to, depth + 1);
    const bytes = this.bytes.subarray(this.at, to);
    this.at = to;
    return bytes;
  }

  private packed(list: unknown[], kind: Field['kind'], end: number): void {
    const to = this.end(end);
    while (this.at < to) list.push(this.number(kind));
    if (this.at !== to) throw new RangeError(`a packed field ends inside a number, at byte ${this.at}`);
  }

  /** Where a length-delimited field ends that begins with its length here. */
  private end(limit: number): number {
    const length = this.low();
    if (length > limit - this.at)
      throw new RangeError(`a field of ${length} bytes has ${limit - this.at}, at byte ${this.at}`);
    return this.at + length;
  }

  private number(kind: Field['kind']): number | Int64 {
    switch (kind) {
      case 'float':
        this.at += 4;
        return this.view.getFloat32(this.at - 4, true);
      case 'double':
        this.at += 8;
        return this.view.getFloat64(this.at - 8, true);
      case 'int32':
        return this.low() | 0;
      default:
        return this.wide(kind === 'uint64');
    }
  }

  private byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError(`the bytes end inside a number, at byte ${this.at}`);
    return byte;
  }

  /** The low 32 bits of a varint, unsigned. */
  private low(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError(`a number has more than ten bytes, at byte ${this.at}`);
  }

  /** A 64-bit varint. */
  private wide(unsigned: boolean): number | Int64 {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high = bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte >= 0x80) continue;
      const number = (unsigned ? high >>> 0 : high) * 2 ** 32 + (low >>> 0);
      return Number.isSafeInteger(number) ? number : { low, high };
    }
    throw new RangeError(`a number has more than ten bytes, at byte ${this.at}`);
  }

  private skip(tag: number, depth: number): void {
    if (tag >>> 3 === 0) throw new RangeError(`a field has number 0, at byte ${this.at}`);
    switch (tag & 7) {
      case wire.varint:
        this.low();
        return;
      case wire.fixed64:
        this.at += 8;
        break;
      case wire.delimited:
        this.at = this.end(this.bytes.length);
        return;
      case wire.startGroup:
        this.skipGroup(tag >>> 3, depth + 1);
        return;
      case wire.fixed32:
        this.at += 4;
        break;
      default:
        throw new RangeError(`a field has wire type ${tag & 7}, at byte ${this.at}`);
    }
    if (this.at > this.bytes.length) throw new RangeError('the bytes end inside a field');
  }

  private skipGroup(id: number, depth: number): void {
    if (depth > maxDepth) throw new RangeError(`messages are nested deeper than ${maxDepth}`);
    for (;;) {
      const tag = this.low();
      if ((tag & 7) !== wire.endGroup) this.skip(tag, depth);
      else if (tag >>> 3 === id) return;
      else throw new RangeError(`a group ends as another, at byte ${this.at}`);
    }
  }
}

/** Byte fields are views of `bytes`, at any alignment. Throws RangeError on bytes that are no message. */
export const decode = (type: MessageType, bytes: Uint8Array): object =>
  new Reader(bytes).message(type, bytes.length, 0);
