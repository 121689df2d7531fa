// Writes a text that belongs to a result: a recipe, a page.
import { writeFile } from 'node:fs/promises';
import { KompaktError } from '../index.js';

/** Throws KPT_FILE_WRITE. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error) => {
    throw new KompaktError('KPT_FILE_WRITE', `The file '${path}' cannot be written.`, { path }, error);
  });
}
