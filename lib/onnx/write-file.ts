// Writes a whole file or nothing: into a temporary file of the same folder, which is then renamed.
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KompaktError } from '../errors.js';

/** Throws KPT_FILE_WRITE when a file at this path could not be written: to be known before long work, not after. Leaves
 *  nothing behind. */
export async function checkWritable(path: string): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    if ((await stat(path).catch(() => null))?.isDirectory()) throw new Error('it is a folder');
    await (await open(temporary, 'wx')).close();
    await rm(temporary);
  } catch (error) {
    throw unwritable(path, error);
  }
}

export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw unwritable(path, error);
  }
}

const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomName()}.tmp`);

// Loaded here: programs that only run models need no cryptography.
const randomName = (): string => process.getBuiltinModule('node:crypto').randomBytes(6).toString('hex');

const unwritable = (path: string, cause: unknown): KompaktError =>
  new KompaktError('KPT_FILE_WRITE', `The file '${path}' cannot be written.`, { path }, cause);
