// Finds the large test data (models, images, sounds) that is not part of the repository.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root =
  process.env.KOMPAKT_SHARED_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** Absolute path of a file or folder of the shared data; null, with the reason printed, when it is not here. */
export function sharedData(relative: string): string | null {
  const path = resolve(root, relative);
  if (existsSync(path)) return path;
  console.warn(`skipped: ${relative} is not in the shared data (set KOMPAKT_SHARED_DATA to its folder)`);
  return null;
}
