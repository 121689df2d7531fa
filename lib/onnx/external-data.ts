// Tensor data kept in files beside the model. Only regular files inside the model's folder are read: absolute paths,
// paths with '..' and links that lead out are refused.
import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { KompaktError } from '../errors.js';
import type { EntryProto } from './schema.js';

/** Reads `size` bytes of a tensor named by `where`; the result starts at offset 0 of its own buffer. */
export type ReadExternal = (entries: readonly EntryProto[], size: number, where: string) => Uint8Array;

/** Reader for models in `folder`; null for models that came as bytes, which have no folder. */
export const externalReader =
  (folder: string | null): ReadExternal =>
  (entries, size, where) => {
    const fields = new Map(entries.map((entry) => [entry.key, entry.value]));
    const location = fields.get('location') ?? '';
    if (folder === null)
      refuse(
        `The data of ${where} is in file '${location}', but the model was given as bytes without a folder.`,
      );
    const path = locate(folder, location, where);
    const offset = numberField(fields.get('offset'), 0, 'offset', where);
    const length = numberField(fields.get('length'), size, 'length', where);
    if (length !== size)
      refuse(`Expected ${size} bytes of external data for ${where} but its entry says ${length}.`);
    return readRange(path, offset, size, where);
  };

function numberField(text: string | undefined, fallback: number, name: string, where: string): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    refuse(`Expected a byte count for ${name} of the external data of ${where} but received '${text}'.`);
  return value;
}

function locate(folder: string, location: string, where: string): string {
  const outside = (path: string, root: string) => {
    const way = relative(root, path);
    return way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  };
  if (
    location === '' ||
    location.includes('\0') ||
    isAbsolute(location) ||
    outside(resolve(folder, location), folder)
  )
    refuse(`The external data file '${location}' of ${where} is outside the folder of the model.`);
  try {
    const path = realpathSync(resolve(folder, location));
    if (outside(path, realpathSync(folder)))
      refuse(`The external data file '${location}' of ${where} is a link out of the folder of the model.`);
    if (!statSync(path).isFile())
      refuse(`The external data '${location}' of ${where} is not a regular file.`);
    return path;
  } catch (error) {
    if (error instanceof KompaktError) throw error;
    throw new KompaktError(
      'KPT_EXTERNAL_DATA',
      `The external data file '${location}' of ${where} cannot be read.`,
      { location },
      error,
    );
  }
}

function readRange(path: string, offset: number, size: number, where: string): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const available = statSync(path).size - offset;
    if (available < size)
      refuse(
        `Expected ${size} bytes at offset ${offset} of '${path}' for ${where} but received ${Math.max(0, available)}.`,
      );
    const bytes = new Uint8Array(size);
    let done = 0;
    while (done < size) {
      const count = readSync(file, bytes, done, Math.min(size - done, 2 ** 30), offset + done);
      if (count === 0) refuse(`The external data file '${path}' of ${where} ended early.`);
      done += count;
    }
    return bytes;
  } catch (error) {
    if (error instanceof KompaktError) throw error;
    throw new KompaktError(
      'KPT_EXTERNAL_DATA',
      `The external data file '${path}' of ${where} cannot be read.`,
      { path },
      error,
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function refuse(message: string): never {
  throw new KompaktError('KPT_EXTERNAL_DATA', message);
}
