// Bytes of a file (or of a part of one) in order, a record at a time. Memory grows with the bytes that are there,
// not with what a header claims.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { KompaktError, systemReason } from '../errors.js';
import { malformedData } from './dataset.js';

export interface ByteRange {
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
}

export class ByteStream {
  readonly #file: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #where: string;
  #rest: Uint8Array = new Uint8Array(0);

  private constructor(file: Readable, chunks: AsyncIterable<Uint8Array>, where: string) {
    this.#file = file;
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#where = where;
  }

  /** Files whose name ends in .gz are decompressed. `through` decompresses a part of an archive. */
  static async open(path: string, range?: ByteRange, through?: Transform): Promise<ByteStream> {
    await requireFile(path);
    const file = createReadStream(path, range && { start: range.start, end: range.end - 1 });
    const transform =
      through ?? (path.endsWith('.gz') ? (await import('node:zlib')).createGunzip() : undefined);
    return new ByteStream(file, transform ? pipeline(file, transform, () => {}) : file, path);
  }

  /** The next `count` bytes in a buffer of their own; KPT_DATA_MALFORMED when the file ends before. */
  async take(count: number): Promise<Uint8Array> {
    const parts = [this.#rest];
    let held = this.#rest.length;
    while (held < count) {
      const chunk = await this.#next();
      if (chunk === null)
        malformedData(`Expected ${count} more bytes in '${this.#where}' but received ${held}.`);
      parts.push(chunk);
      held += chunk.length;
    }
    const bytes = new Uint8Array(count);
    let at = 0;
    for (const part of parts) {
      const used = part.subarray(0, count - at);
      bytes.set(used, at);
      at += used.length;
      if (used.length < part.length) {
        this.#rest = part.subarray(used.length);
        return bytes;
      }
    }
    this.#rest = new Uint8Array(0);
    return bytes;
  }

  /** True when no byte is left. */
  async atEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const chunk = await this.#next();
      if (chunk === null) return true;
      this.#rest = chunk;
    }
    return false;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
    // An iterator that was asked for nothing leaves its stream open, and nobody would hear of its errors.
    const closed = finished(this.#file).catch(() => undefined);
    this.#file.destroy();
    await closed;
  }

  async #next(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await this.#chunks.next();
      return done ? null : value;
    } catch (error) {
      return malformedData(`The file '${this.#where}' cannot be read to its end.`, error);
    }
  }
}

/** Throws KPT_FILE_NOT_FOUND unless `path` is a regular file. Returns its size. */
export async function requireFile(path: string): Promise<number> {
  try {
    const info = await stat(path);
    if (info.isFile()) return info.size;
  } catch (error) {
    throw new KompaktError(
      'KPT_FILE_NOT_FOUND',
      `The data file '${path}' cannot be read${systemReason(error)}.`,
      { path },
      error,
    );
  }
  throw new KompaktError('KPT_FILE_NOT_FOUND', `'${path}' is not a file.`, { path });
}
