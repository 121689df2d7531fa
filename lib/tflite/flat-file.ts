// Reads flatbuffers: tables of optional fields, vectors and strings behind offsets. Nothing in the file is believed:
// every read stays inside it, and what is read in all is bounded, so that shared parts cannot multiply the work.
import { KompaktError } from '../errors.js';

export function malformed(message: string): never {
  throw new KompaktError('KPT_TFLITE_MALFORMED', message);
}

/** A file may refer to one vector from many tables; this many times its size is more than any real file reads. */
const maxRereads = 64;

export class FlatFile {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #budget: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#budget = maxRereads * bytes.byteLength;
  }

  root(): Table {
    return new Table(this, this.follow(0));
  }

  /** The place of `size` bytes, which must lie inside the file. */
  #inside(position: number, size: number): number {
    if (position < 0 || position + size > this.#bytes.byteLength)
      malformed(
        `An offset leads to byte ${position + size} of a file of ${this.#bytes.byteLength}: it is cut short or corrupt.`,
      );
    return position;
  }

  /** Counts bytes that are copied out of the file. */
  spend(bytes: number): void {
    this.#budget -= bytes;
    if (this.#budget < 0) malformed('Its parts refer to one another more often than those of a real model.');
  }

  uint8 = (at: number): number => this.#view.getUint8(this.#inside(at, 1));
  int8 = (at: number): number => this.#view.getInt8(this.#inside(at, 1));
  uint16 = (at: number): number => this.#view.getUint16(this.#inside(at, 2), true);
  int32 = (at: number): number => this.#view.getInt32(this.#inside(at, 4), true);
  uint32 = (at: number): number => this.#view.getUint32(this.#inside(at, 4), true);
  float32 = (at: number): number => this.#view.getFloat32(this.#inside(at, 4), true);
  int64 = (at: number): number => Number(this.#view.getBigInt64(this.#inside(at, 8), true));

  /** The position that the offset stored at `at` leads to. */
  follow(at: number): number {
    return at + this.uint32(at);
  }

  /** A view of bytes, not a copy. */
  bytes(position: number, length: number): Uint8Array {
    this.#inside(position, length);
    return this.#bytes.subarray(position, position + length);
  }
}

/** One table. Fields are named by their slot in the schema; absent ones have the fallback. */
export class Table {
  readonly #file: FlatFile;
  readonly #position: number;
  readonly #vtable: number;
  readonly #slots: number;

  constructor(file: FlatFile, position: number) {
    this.#file = file;
    this.#position = position;
    this.#vtable = position - file.int32(position);
    this.#slots = (file.uint16(this.#vtable) - 4) / 2;
    file.bytes(this.#vtable, 4 + 2 * Math.max(0, this.#slots));
  }

  /** Position of a field; undefined when the table does not have it. */
  #field(slot: number): number | undefined {
    if (slot >= this.#slots) return undefined;
    const offset = this.#file.uint16(this.#vtable + 4 + 2 * slot);
    return offset === 0 ? undefined : this.#position + offset;
  }

  #scalar(slot: number, fallback: number, read: (at: number) => number): number {
    const at = this.#field(slot);
    return at === undefined ? fallback : read(at);
  }

  uint8 = (slot: number, fallback = 0): number => this.#scalar(slot, fallback, this.#file.uint8);
  int8 = (slot: number, fallback = 0): number => this.#scalar(slot, fallback, this.#file.int8);
  int32 = (slot: number, fallback = 0): number => this.#scalar(slot, fallback, this.#file.int32);
  uint32 = (slot: number, fallback = 0): number => this.#scalar(slot, fallback, this.#file.uint32);
  int64 = (slot: number, fallback = 0): number => this.#scalar(slot, fallback, this.#file.int64);
  float32 = (slot: number, fallback = 0): number => this.#scalar(slot, fallback, this.#file.float32);
  bool = (slot: number, fallback = false): boolean => this.uint8(slot, Number(fallback)) !== 0;

  /** Start and length of a vector; its bytes are inside the file. */
  #vector(slot: number, elementBytes: number): readonly [start: number, length: number] {
    const at = this.#field(slot);
    if (at === undefined) return [0, 0];
    const start = this.#file.follow(at);
    const length = this.#file.uint32(start);
    this.#file.bytes(start + 4, length * elementBytes);
    return [start + 4, length];
  }

  #list(slot: number, elementBytes: number, read: (at: number) => number): number[] {
    const [start, length] = this.#vector(slot, elementBytes);
    this.#file.spend(length * elementBytes);
    return Array.from({ length }, (_, i) => read(start + i * elementBytes));
  }

  int32s = (slot: number): number[] => this.#list(slot, 4, this.#file.int32);
  int64s = (slot: number): number[] => this.#list(slot, 8, this.#file.int64);
  float32s = (slot: number): number[] => this.#list(slot, 4, this.#file.float32);

  bytes(slot: number): Uint8Array {
    const [start, length] = this.#vector(slot, 1);
    return this.#file.bytes(start, length);
  }

  string(slot: number): string {
    const bytes = this.bytes(slot);
    this.#file.spend(bytes.length);
    return new TextDecoder().decode(bytes);
  }

  table(slot: number): Table | undefined {
    const at = this.#field(slot);
    return at === undefined ? undefined : new Table(this.#file, this.#file.follow(at));
  }

  tables(slot: number): Table[] {
    return this.#list(slot, 4, (at) => this.#file.follow(at)).map((at) => new Table(this.#file, at));
  }
}
