// Protobuf's wire format -> messages. A reader of our own because loading a model is most of what a short-lived process
// does: it makes no code at run time and copies no tensor data.
// Format: https://protobuf.dev/programming-guides/encoding/
import { isAscii } from 'node:buffer';
import { type Field, type Int64, type Message, type MessageType, type Scalar, wire } from './wire.js';

/** Deepest message inside messages, as in other readers. */
const maxDepth = 100;

/** From here on bytes are moved to where numbers of four bytes may lie: by up to 3 bytes, which their tag and a length of two
 *  bytes or more leave room for. */
const movedBytes = 1 << 12;
const alignment = 4;

class Reader {
  readonly view: DataView;
  readonly text: Buffer;
  at = 0;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  message(type: MessageType, end: number, depth: number): Message {
    if (depth > maxDepth) throw new RangeError(`messages are nested deeper than ${maxDepth}`);
    const message = Object.create(type.defaults) as Message;
    while (this.at < end) {
      const tag = this.low();
      const field = type.byId.get(tag >>> 3);
      if (field === undefined || field.wire !== (tag & 7)) this.unusual(message, field, tag, end, depth);
      else {
        const { kind } = field;
        // A table of functions, not a switch: V8 would put all of them into this one, which takes it longer than reading a
        // model.
        const value =
          typeof kind === 'string' ? read[kind](this, end) : this.message(kind, this.end(end), depth + 1);
        if (field.repeated) list(message, field.name).push(value);
        else message[field.name] = value;
      }
      if (this.at > end) throw new RangeError(`a field ends after its message, at byte ${this.at}`);
    }
    return message;
  }

  /** A list of numbers in one piece, or a field to be passed over. */
  private unusual(message: Message, field: Field | undefined, tag: number, end: number, depth: number): void {
    const packed = field?.repeated && field.wire !== wire.delimited && (tag & 7) === wire.delimited;
    if (!packed) {
      this.skip(tag, depth);
      return;
    }
    const { name, kind } = field;
    const to = this.end(end);
    if (kind === 'float' && !Object.hasOwn(message, name) && (to - this.at) % 4 === 0) {
      message[name] = new Float32Array(Uint8Array.prototype.slice.call(this.bytes, this.at, to).buffer);
      this.at = to;
      return;
    }
    const values = list(message, name);
    // Most integers are one byte. Where all are, no loop of ours is worth compiling, which V8 would set out to do.
    const piece = this.bytes.subarray(this.at, to);
    if (field.wire === wire.varint && isAscii(piece)) {
      message[name] = values.concat(Array.from(piece));
      this.at = to;
      return;
    }
    while (this.at < to) values.push(read[kind as Scalar](this, to));
    if (this.at !== to) throw new RangeError(`a packed field ends inside a number, at byte ${this.at}`);
  }

  /** Where a length-delimited field ends that begins with its length here. */
  end(limit: number): number {
    const length = this.low();
    if (length > limit - this.at)
      throw new RangeError(`a field of ${length} bytes has ${limit - this.at}, at byte ${this.at}`);
    return this.at + length;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError(`the bytes end inside a number, at byte ${this.at}`);
    return byte;
  }

  /** The low 32 bits of a varint, unsigned. */
  low(): number {
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
  wide(unsigned: boolean): number | Int64 {
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

/** The list of a repeated field, made when it is not there yet. */
function list(message: Message, name: string): unknown[] {
  const there = Object.hasOwn(message, name) ? message[name] : [];
  const values = Array.isArray(there) ? there : Array.from(there as Float32Array);
  message[name] = values;
  return values;
}

/** One value, which ends at `end` at the latest. */
const read: Readonly<Record<Scalar, (reader: Reader, end: number) => unknown>> = {
  int32: (reader) => reader.low() | 0,
  int64: (reader) => reader.wide(false),
  uint64: (reader) => reader.wide(true),
  float(reader) {
    reader.at += 4;
    return reader.view.getFloat32(reader.at - 4, true);
  },
  double(reader) {
    reader.at += 8;
    return reader.view.getFloat64(reader.at - 8, true);
  },
  string(reader, end) {
    const to = reader.end(end);
    const text = reader.text.toString('utf8', reader.at, to);
    reader.at = to;
    return text;
  },
  bytes(reader, end) {
    const to = reader.end(end);
    const from = reader.at;
    const size = to - from;
    const shift = size < movedBytes ? 0 : (reader.bytes.byteOffset + from) % alignment;
    if (shift > 0) reader.bytes.copyWithin(from - shift, from, to);
    reader.at = to;
    return reader.bytes.subarray(from - shift, from - shift + size);
  },
};

/** Byte fields are views of `bytes`, which are the message's from then on: large ones are moved over their own tag and length
 *  to a multiple of four, so that tensors need no copy. Floats in one piece are a Float32Array. Throws RangeError on bytes
 *  that are no message. */
export const decode = (type: MessageType, bytes: Uint8Array): object =>
  new Reader(bytes).message(type, bytes.length, 0);
