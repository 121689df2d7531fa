// Messages -> protobuf's wire format. Format: https://protobuf.dev/programming-guides/encoding/
import { type Field, type Int64, type Message, type MessageType, wire } from './wire.js';

/** Writes in two rounds: sizes first, because every message begins with its own. */
class Writer {
  private readonly sizes = new Map<object, number>();
  private bytes = Buffer.alloc(0);
  private at = 0;

  encode(type: MessageType, message: object): Uint8Array {
    this.bytes = Buffer.alloc(this.size(type, message as Message));
    this.message(type, message as Message);
    return this.bytes;
  }

  private size(type: MessageType, message: Message): number {
    let size = 0;
    this.fields(
      type,
      message,
      (field, value) => {
        const bytes = this.valueSize(field.kind, value);
        size += varintSize(field.id << 3) + (field.wire === wire.delimited ? varintSize(bytes) : 0) + bytes;
      },
      (field, values) => {
        const bytes = this.packedSize(field.kind, values);
        size += varintSize(field.id << 3) + varintSize(bytes) + bytes;
      },
    );
    this.sizes.set(message, size);
    return size;
  }

  private message(type: MessageType, message: Message): void {
    this.fields(
      type,
      message,
      (field, value) => {
        this.varint((field.id << 3) | field.wire);
        if (field.wire === wire.delimited)
          this.varint(
            typeof field.kind === 'string'
              ? this.valueSize(field.kind, value)
              : this.sizes.get(value as object)!,
          );
        this.value(field.kind, value);
      },
      (field, values) => {
        this.varint((field.id << 3) | wire.delimited);
        this.varint(this.packedSize(field.kind, values));
        for (const value of values) this.value(field.kind, value);
      },
    );
  }

  /** Calls `one` with every value that is there; numbers of a list go to `packed` together. */
  private fields(
    type: MessageType,
    message: Message,
    one: (field: Field, value: unknown) => void,
    packed: (field: Field, values: readonly unknown[]) => void,
  ): void {
    for (const field of type.byId.values()) {
      const value = Object.hasOwn(message, field.name) ? message[field.name] : undefined;
      if (value === undefined || value === null) continue;
      if (!field.repeated) one(field, value);
      else if (field.wire === wire.delimited)
        for (const item of value as readonly unknown[]) one(field, item);
      else if ((value as readonly unknown[]).length > 0) packed(field, value as readonly unknown[]);
    }
  }

  private packedSize(kind: Field['kind'], values: readonly unknown[]): number {
    let size = 0;
    for (const value of values) size += this.valueSize(kind, value);
    return size;
  }

  private valueSize(kind: Field['kind'], value: unknown): number {
    switch (kind) {
      case 'float':
        return 4;
      case 'double':
        return 8;
      case 'string':
        return Buffer.byteLength(value as string);
      case 'bytes':
        return (value as Uint8Array).length;
      case 'int32':
      case 'int64':
      case 'uint64':
        return varintSize(value as number | Int64);
      default:
        return this.size(kind, value as Message);
    }
  }

  private value(kind: Field['kind'], value: unknown): void {
    switch (kind) {
      case 'float':
        this.at = this.bytes.writeFloatLE(value as number, this.at);
        break;
      case 'double':
        this.at = this.bytes.writeDoubleLE(value as number, this.at);
        break;
      case 'string':
        this.at += this.bytes.write(value as string, this.at);
        break;
      case 'bytes':
        this.bytes.set(value as Uint8Array, this.at);
        this.at += (value as Uint8Array).length;
        break;
      case 'int32':
      case 'int64':
      case 'uint64':
        this.varint(value as number | Int64);
        break;
      default:
        this.message(kind, value as Message);
    }
  }

  private varint(value: number | Int64): void {
    let [low, high] = halves(value);
    while (high !== 0 || low > 0x7f) {
      this.bytes[this.at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.bytes[this.at++] = low;
  }
}

/** Two's complement halves, unsigned. */
const halves = (value: number | Int64): [low: number, high: number] =>
  typeof value === 'number'
    ? [value >>> 0, Math.floor(value / 2 ** 32) >>> 0]
    : [value.low >>> 0, value.high >>> 0];

function varintSize(value: number | Int64): number {
  const [low, high] = halves(value);
  const bits = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);
  return Math.max(1, Math.ceil(bits / 7));
}

export const encode = (type: MessageType, message: object): Uint8Array => new Writer().encode(type, message);
