// Writes a whole file or nothing: into a temporary file of the same folder, which is then renamed. What a link leads to is
// replaced, not the link, and keeps its mode and owner. Pipes and devices are no files that could be replaced: they are written into.
import type { Stats } from 'node:fs';
import {
  access,
  constants,
  type FileHandle,
  open,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { KompaktError, requireArgument, systemReason } from '../errors.js';

/** Throws KPT_FILE_WRITE when a file at this path could not be written: to be known before long work, not after. Leaves
 *  nothing behind. */
export async function checkWritable(path: string): Promise<void> {
  const found = await checkTarget(path);
  // Who reads a pipe would take its being opened and closed for the end.
  if (isStream(found)) return;
  const temporary = temporaryBeside(await linkedFile(path));
  try {
    await (await open(temporary, 'wx')).close();
    await rm(temporary);
  } catch (error) {
    throw unwritable(path, undefined, error);
  }
}

/** In place of the error, where what was made must not be lost with a file that tells of it: a warning of the process. */
export function warnUnwritten(error: unknown): void {
  process.emitWarning(`kompakt: ${(error as Error).message}`, { code: 'KPT_FILE_WRITE' });
}

export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const found = await checkTarget(path);
  if (isStream(found)) return writeStream(path, bytes);
  const target = await linkedFile(path);
  const temporary = temporaryBeside(target);
  try {
    const file = await open(temporary, 'wx', found?.mode);
    try {
      if (found !== null) await liken(file, found);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw unwritable(path, undefined, error);
  }
}

/** Writes a text, a page say, to a file: wholly or, with KPT_FILE_WRITE, not at all. */
export async function saveText(path: string, text: string): Promise<void> {
  requireArgument(typeof text === 'string', 'a string', 'the text to write', text);
  await writeFileAtomically(path, Buffer.from(text));
}

async function writeStream(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const stream = await open(path, constants.O_WRONLY);
    try {
      await stream.writeFile(bytes);
    } finally {
      await stream.close();
    }
  } catch (error) {
    throw unwritable(path, undefined, error);
  }
}

/** What is at the path, null for nothing. Throws for what is protected, as a rename would replace it: its folder decides. */
async function checkTarget(path: string): Promise<Stats | null> {
  requireArgument(typeof path === 'string', 'a path', 'the file to write', path);
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  if (found.isDirectory()) throw unwritable(path, 'it is a folder');
  if (!found.isFile() && !isStream(found)) throw unwritable(path, 'it is a socket or a block device');
  const allowed = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
  // The superuser may write all files; one that nobody may write is protected from that too.
  if (!allowed || (found.mode & anyoneWrites) === 0) throw unwritable(path, 'it is read-only');
  return found;
}

const isStream = (found: Stats | null): boolean =>
  found !== null && (found.isFIFO() || found.isCharacterDevice());

const anyoneWrites = 0o222;

/** The file that a path leads to, through links, also where it is not there yet. */
async function linkedFile(path: string, links = maxLinks): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return real;
  const next = await readlink(path).catch(() => undefined);
  return next === undefined || links === 0 ? path : linkedFile(resolve(dirname(path), next), links - 1);
}

/** As in Linux. */
const maxLinks = 40;

/** Mode and, where that is allowed, owner of the file that is to be replaced. */
async function liken(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  // Changing the owner takes bits off the mode.
  await file.chown(uid, gid).catch(() => {});
  await file.chmod(mode & 0o7777);
}

const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomName()}.tmp`);

// Loaded here: programs that only run models need no cryptography.
const randomName = (): string => process.getBuiltinModule('node:crypto').randomBytes(6).toString('hex');

const unwritable = (path: string, why?: string, cause?: unknown): KompaktError =>
  new KompaktError(
    'KPT_FILE_WRITE',
    `The file '${path}' cannot be written${why === undefined ? systemReason(cause) : `: ${why}`}.`,
    { path },
    cause,
  );
