// Where the plan caches of sessions lie: where the program says, else where the environment says, else in a folder of kompakt's
// own among the caches of the user, which it keeps small.
import { readdirSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, sep } from 'node:path';

export interface CachePlace {
  /** A file, or a folder with a file per model and CPU tier (it exists, or its name ends with a separator). */
  readonly path: string;
  /** Nobody asked for it: kompakt looks after its size, and what goes wrong there is nobody's concern. */
  readonly own: boolean;
}

/** What the own folder may hold, and one file in it. */
const ownFolderBytes = 512 * 2 ** 20;
export const ownFileBytes = ownFolderBytes / 4;
const ownFolderFiles = 256;
/** What a process that cannot be asked for left unfinished. */
const forgottenAfterMs = 24 * 3600 * 1000;
const clockSlackMs = 60_000;

/** The variable that names a folder for the caches of all sessions that name none; empty or 0: they have none. */
const cacheVariable = 'KOMPAKT_PLAN_CACHE';

/** `option`: what the program said; false: no cache. `isFile`: the model is a file. Bytes of a program may have been made for
 *  this once, or be meant for nobody's disk: they have a cache only where somebody asks for it. */
export function cachePlace(option: string | false | undefined, isFile: boolean): CachePlace | undefined {
  if (option === false) return undefined;
  if (option !== undefined) return { path: option, own: false };
  const named = process.env[cacheVariable];
  if (named === '' || named === '0') return undefined;
  if (named !== undefined) return { path: join(named, sep), own: false };
  const folder = isFile ? ownFolder() : undefined;
  return folder === undefined || !isOurs(folder) ? undefined : { path: join(folder, sep), own: true };
}

/** False where others may have put files there. */
function isOurs(folder: string): boolean {
  try {
    const { uid, mode } = statSync(folder);
    return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
  } catch {
    return true; // it is not there, and will be made
  }
}

/** kompakt's folder among the caches of the user; undefined for a user without a home. */
function ownFolder(): string | undefined {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'kompakt');
  try {
    const home = homedir();
    if (!isAbsolute(home)) return undefined;
    if (process.platform === 'darwin') return join(home, 'Library/Caches/kompakt');
    if (process.platform === 'win32') return local && join(local, 'kompakt');
    return join(home, '.cache/kompakt');
  } catch {
    return undefined;
  }
}

interface Kept {
  readonly file: string;
  readonly bytes: number;
  readonly used: number;
}

/** The files of a folder, those last used first; none where there is no folder. */
function keptIn(folder: string): readonly Kept[] {
  const found: Kept[] = [];
  try {
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      // undefined: another process has taken it away meanwhile.
      const stat = /\.kpc(\.\d+\.\d+\.tmp)?$/.test(name) && statSync(file, { throwIfNoEntry: false });
      if (stat) found.push({ file, bytes: stat.size, used: stat.mtimeMs });
    }
  } catch {
    // There is no folder, or one that cannot be read.
  }
  // A time to come was written by a clock that went wrong, and says nothing.
  const now = Date.now();
  const age = ({ used }: Kept): number => (used > now + clockSlackMs ? Number.POSITIVE_INFINITY : now - used);
  return found.sort((a, b) => (age(a) === age(b) ? 0 : age(a) - age(b)));
}

/** Where plans of sessions whose program says nothing are kept, and what is there. */
export interface PlanCacheUsage {
  /** null: nowhere. */
  readonly folder: string | null;
  /** The folder is the one that KOMPAKT_PLAN_CACHE names, which is never tidied. */
  readonly named: boolean;
  readonly files: number;
  readonly bytes: number;
  /** What it may grow to; null where nobody sees to it. */
  readonly maxBytes: number | null;
}

export function planCacheUsage(): PlanCacheUsage {
  const place = cachePlace(undefined, true);
  if (place === undefined) return { folder: null, named: false, files: 0, bytes: 0, maxBytes: null };
  const kept = keptIn(place.path);
  return {
    folder: place.path.slice(0, -1),
    named: !place.own,
    files: kept.length,
    bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
    maxBytes: place.own ? ownFolderBytes : null,
  };
}

/** Removes from the own folder what was not used for longest, and what was never finished. */
export function tidy(folder: string): void {
  let bytes = 0;
  let files = 0;
  for (const kept of keptIn(folder)) {
    bytes += kept.bytes;
    files++;
    if (isAbandoned(kept) || bytes > ownFolderBytes || files > ownFolderFiles) remove(kept.file);
  }
}

/** Whether a file is one that is not finished and that nobody writes any more. */
function isAbandoned({ file, used }: Kept): boolean {
  const writer = /\.(\d+)\.\d+\.tmp$/.exec(file)?.[1];
  if (writer === undefined) return false;
  return Math.abs(Date.now() - used) > forgottenAfterMs || !isAlive(Number(writer));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Notes that a file was used now. */
export function touch(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // A folder that can only be read is never tidied either.
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Another process was first.
  }
}
