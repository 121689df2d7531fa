// Files of a folder with their labels: the sub-folder they are in, or the number that their name starts with.
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { KompaktError, systemReason } from '../errors.js';

export interface LabelledFile {
  readonly path: string;
  readonly label?: number;
}

/**
 * Files with one of `extensions`, sorted. Sub-folders are classes, in sorted order, or by their number when every
 * name is a number. Files beside them take the leading number of their name, if any. Symbolic links are what they lead to.
 * What is hidden (.git, .ipynb_checkpoints) is left out: such a folder would move the classes behind it by one.
 */
export async function labelledFiles(folder: string, extensions: readonly string[]): Promise<LabelledFile[]> {
  const matches = (name: string) => extensions.includes(extname(name).toLowerCase());
  const { files: beside, folders } = await contentsOf(folder);
  const files: LabelledFile[] = beside
    .filter(matches)
    .map((name) => ({ path: join(folder, name), label: leadingNumber(name) }));
  const numbered = folders.every((name) => /^\d+$/.test(name));
  for (const [i, name] of folders.entries()) {
    const inside = await contentsOf(join(folder, name));
    for (const file of inside.files.filter(matches))
      files.push({ path: join(folder, name, file), label: numbered ? Number(name) : i });
  }
  return files;
}

const leadingNumber = (name: string): number | undefined => {
  const digits = /^\d+/.exec(name);
  return digits === null ? undefined : Number(digits[0]);
};

/** Names in a folder, sorted. */
async function contentsOf(folder: string): Promise<{ readonly files: string[]; readonly folders: string[] }> {
  const unreadable = (what: string, path: string, error: unknown): never => {
    throw new KompaktError(
      'KPT_FILE_NOT_FOUND',
      `The ${what} '${path}' cannot be read${systemReason(error)}.`,
      { path },
      error,
    );
  };
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) =>
    unreadable('folder', folder, error),
  );
  const [files, folders]: [string[], string[]] = [[], []];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry;
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const found = entry.isSymbolicLink()
      ? await stat(path).catch((error) => unreadable('target of the symbolic link', path, error))
      : entry;
    if (found.isFile()) files.push(name);
    if (found.isDirectory()) folders.push(name);
  }
  return { files, folders };
}
