// What a model was found by: its bytes, or a file that stays open, so that the model can still be read after another file has taken
// its name, without being kept in memory.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { KompaktError } from '../errors.js';
import { Model } from '../model/model.js';
import { native } from '../run/native.js';

/** Sessions that nobody has released do not keep their files open. */
const forgotten = new FinalizationRegistry<number>(closeSync);

export class ModelSource {
  /** Of the bytes. */
  readonly digest: string;
  readonly #source: string | Uint8Array;
  #file: number | undefined;

  /** Throws KPT_FILE_NOT_FOUND. */
  constructor(source: string | Uint8Array) {
    this.#source = source;
    if (typeof source !== 'string') {
      this.digest = native().digest(source);
      return;
    }
    try {
      this.#file = openSync(source, 'r');
    } catch (error) {
      throw unreadable(source, error);
    }
    forgotten.register(this, this.#file, this);
    const digest = native().digestFile(source);
    if (digest === undefined) {
      this.close();
      throw unreadable(source);
    }
    this.digest = digest;
  }

  /** Throws KPT_FILE_CHANGED when the bytes are others now, and what is wrong with them. */
  load(): Model {
    const source = this.#source;
    const bytes = this.#file === undefined ? source : readWhole(this.#file);
    if (typeof bytes === 'string' || native().digest(bytes) !== this.digest)
      throw new KompaktError(
        'KPT_FILE_CHANGED',
        typeof source === 'string'
          ? `The file '${source}' was written over while a session used it, which needs it for inputs of new sizes.`
          : 'The bytes of the model were changed while a session used them.',
      );
    return typeof source === 'string' ? Model.fromFile(source, bytes) : Model.loadSync(bytes);
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

const unreadable = (path: string, cause?: unknown): KompaktError =>
  new KompaktError('KPT_FILE_NOT_FOUND', `The file '${path}' cannot be read.`, { path }, cause);
