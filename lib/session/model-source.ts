// What a model was found by: its bytes, or a file that stays open, so that the model can still be read after another file has taken
// its name, without being kept in memory.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { KompaktError, systemReason } from '../errors.js';
import { Model } from '../model/model.js';
import { native } from '../run/native.js';

/** Sessions that nobody has released do not keep their files open. */
const forgotten = new FinalizationRegistry<number>(closeSync);

export class ModelSource {
  readonly #source: string | Uint8Array;
  #file: number | undefined;
  #digest: string | undefined;
  /** What was read last from the file, while somebody holds it. */
  #read: WeakRef<Uint8Array> | undefined;

  private constructor(source: string | Uint8Array, file: number | undefined) {
    this.#source = source;
    this.#file = file;
    if (file !== undefined) forgotten.register(this, file, this);
  }

  static ofBytes(bytes: Uint8Array): ModelSource {
    return new ModelSource(bytes, undefined);
  }

  /** Throws KPT_FILE_NOT_FOUND. */
  static async open(path: string): Promise<ModelSource> {
    try {
      if (statSync(path).isFile()) return new ModelSource(path, openSync(path, 'r'));
      // A pipe can be read only once, and not before somebody writes.
      return new ModelSource(await readFile(path), undefined);
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  /** Of the bytes, before close(). Throws KPT_FILE_NOT_FOUND. */
  digest(): string {
    const source = this.#source;
    this.#digest ??= typeof source === 'string' ? native().digestFile(this.#file!) : native().digest(source);
    if (this.#digest === undefined) throw unreadable(source as string);
    return this.#digest;
  }

  /** Whether the file can be read again. */
  get isOpen(): boolean {
    return this.#file !== undefined;
  }

  /** Throws KPT_FILE_CHANGED when the bytes are others than those of digest() or of the last time, and what is wrong with them. */
  load(): Model {
    const source = this.#source;
    const bytes = this.#file === undefined ? source : readWhole(this.#file);
    const digest = typeof bytes === 'string' ? undefined : native().digest(bytes);
    this.#digest ??= digest;
    if (typeof bytes === 'string' || digest !== this.#digest)
      throw new KompaktError(
        'KPT_FILE_CHANGED',
        typeof source === 'string'
          ? `The file '${source}' was written over while a session used it, which needs it for inputs of new sizes.`
          : 'The bytes of the model were changed while a session used them.',
      );
    if (typeof source !== 'string') return Model.loadSync(bytes);
    this.#read = new WeakRef(bytes);
    return Model.fromFile(source, bytes);
  }

  /** Frees what was read, which nobody may use any more. */
  letGo(): void {
    const bytes = this.#read?.deref();
    if (bytes !== undefined) freeBuffer(bytes.buffer);
    this.#read = undefined;
  }

  /** When the model will not be needed any more. */
  close(): void {
    if (this.#file === undefined) return;
    forgotten.unregister(this);
    closeSync(this.#file);
    this.#file = undefined;
  }
}

function readWhole(file: number): Uint8Array {
  const bytes = new Uint8Array(fstatSync(file).size);
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(file, bytes, at, bytes.length - at, at);
    if (read === 0) break;
    at += read;
  }
  return bytes;
}

/** Memory in pieces of no more bytes is left to the garbage collector. */
const smallBytes = 1 << 16;

/** Frees memory that nobody reads any more, without waiting for the garbage collector. */
export function freeBuffer(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > smallBytes) native().detach(buffer);
}

const unreadable = (path: string, cause?: unknown): KompaktError =>
  new KompaktError(
    'KPT_FILE_NOT_FOUND',
    `The file '${path}' cannot be read${systemReason(cause)}.`,
    { path },
    cause,
  );
