// A model for commands that need it twice: for its session, and for what fits its inputs.
import { readFile, stat } from 'node:fs/promises';
import { KompaktError } from '../index.js';

/** The path of a file, by which a session has its plan cache; the bytes of a pipe, which can be read only once. Throws
 *  KPT_FILE_NOT_FOUND. */
export async function modelSource(path: string): Promise<string | Uint8Array> {
  const found = await stat(path).catch(() => null);
  // What is not there, or is a folder, is refused by whoever loads it.
  if (found === null || !(found.isFIFO() || found.isCharacterDevice())) return path;
  return readFile(path).catch((error) => {
    throw new KompaktError('KPT_FILE_NOT_FOUND', `The pipe '${path}' cannot be read.`, { path }, error);
  });
}
