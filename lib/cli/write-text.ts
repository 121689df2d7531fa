// Writes a text that belongs to a result: a recipe, a page; and what is said where stdout takes none.
import { writeFile } from 'node:fs/promises';
import { KompaktError } from '../index.js';

/** Throws KPT_FILE_WRITE. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error) => {
    throw new KompaktError('KPT_FILE_WRITE', `The file '${path}' cannot be written.`, { path }, error);
  });
}

export const unwritableOutput = (cause: Error): KompaktError =>
  new KompaktError('KPT_FILE_WRITE', `The standard output cannot be written: ${cause.message}.`, {}, cause);
