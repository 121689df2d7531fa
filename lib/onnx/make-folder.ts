// Makes folders level by level. Node's recursive mkdir tries for ever where the system says of a folder in one that is there that
// the way to it is missing, as below /proc.
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KompaktError, requireArgument } from '../errors.js';

/** Makes a folder and those on the way to it; does nothing where it is there. Throws KPT_FILE_WRITE. */
export function makeFolder(path: string, mode = 0o777): void {
  requireArgument(typeof path === 'string', 'a path', 'the folder to make', path);
  const missing: string[] = [];
  for (let at = resolve(path); !isFolder(at); at = dirname(at)) {
    missing.push(at);
    if (at === dirname(at)) break;
  }
  for (const folder of missing.reverse())
    try {
      mkdirSync(folder, { mode });
    } catch (error) {
      // Another process may have been first.
      if (isFolder(folder)) continue;
      throw new KompaktError('KPT_FILE_WRITE', `The folder '${path}' cannot be made.`, { path }, error);
    }
}

/** Whether a folder is there, or a link to one. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
