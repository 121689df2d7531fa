// Writes a whole file or nothing: into a temporary file of the same folder, which is then renamed.
import { access, constants, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KompaktError, requireArgument } from '../errors.js';

/** Throws KPT_FILE_WRITE when a file at this path could not be written: to be known before long work, not after. Leaves
 *  nothing behind. */
export async function checkWritable(path: string): Promise<void> {
  await checkTarget(path);
  const temporary = temporaryBeside(path);
  try {
    await (await open(temporary, 'wx')).close();
    await rm(temporary);
  } catch (error) {
    throw unwritable(path, undefined, error);
  }
}

export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  await checkTarget(path);
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
    throw unwritable(path, undefined, error);
  }
}

/** A rename would replace a file that is protected: its folder decides. */
async function checkTarget(path: string): Promise<void> {
  requireArgument(typeof path === 'string', 'a path', 'the file to write', path);
  const found = await stat(path).catch(() => null);
  if (found === null) return;
  if (found.isDirectory()) throw unwritable(path, 'it is a folder');
  const allowed = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
  // The superuser may write all files; one that nobody may write is protected from that too.
  if (!allowed || (found.mode & anyoneWrites) === 0) throw unwritable(path, 'it is read-only');
}

const anyoneWrites = 0o222;

const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomName()}.tmp`);

// Loaded here: programs that only run models need no cryptography.
const randomName = (): string => process.getBuiltinModule('node:crypto').randomBytes(6).toString('hex');

const unwritable = (path: string, why?: string, cause?: unknown): KompaktError =>
  new KompaktError(
    'KPT_FILE_WRITE',
    `The file '${path}' cannot be written${why === undefined ? '' : `: ${why}`}.`,
    { path },
    cause,
  );
