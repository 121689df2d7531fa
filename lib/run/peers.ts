// Packages that only some functions need, and that their users install beside kompakt.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { KompaktError } from '../errors.js';
import { packageRoot } from './native.js';

export interface Peer {
  readonly module: unknown;
  /** Finds what the package was found by. */
  readonly require: NodeJS.Require;
}

/** The caller's folder first: a kompakt that is linked or installed globally finds what the project has. */
const peerFolders = (): readonly string[] => [process.cwd(), packageRoot()];

/** Loads a package from the first of `folders` that has it. Throws KPT_PEER_MISSING, which says `why` it is asked for. */
export function loadPeer(name: string, why: string, folders: readonly string[] = peerFolders()): Peer {
  let cause: unknown;
  for (const folder of folders) {
    const require = createRequire(join(folder, 'package.json'));
    try {
      return { module: require(name), require };
    } catch (error) {
      cause ??= error;
    }
  }
  throw new KompaktError('KPT_PEER_MISSING', why, { package: name }, cause);
}
