// Loads files of dist/ that index.js does not load. scripts/layers.mjs writes the calls; from lib/ itself everything is loaded at
// once.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { KompaktError } from '../errors.js';
import { packageRoot } from './native.js';

/** What a CommonJS file of dist/ exports. Throws KPT_ADDON_MISSING where it is not: a bundler took only what it saw. */
export function loadLate(file: string): unknown {
  const path = join(packageRoot(), 'dist', file);
  try {
    return createRequire(path)(path);
  } catch (cause) {
    if (existsSync(path)) throw cause;
    throw new KompaktError(
      'KPT_ADDON_MISSING',
      `The rest of kompakt's code is not at ${path}: bundlers must leave kompakt out, as a package with a native addon.`,
      { path },
      cause,
    );
  }
}
