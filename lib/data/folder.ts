// Files of a folder with their labels: the sub-folder they are in, or the number that their name starts with.
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { KompaktError } from '../errors.js';

export interface LabelledFile {
  readonly path: string;
  readonly label?: number;
}

/**
 * Files with one of `extensions`, sorted. Sub-folders are classes, in sorted order, or by their number when every
 * name is a number. Files beside them take the leading number of their name, if any.
 */
export async function labelledFiles(folder: string, extensions: readonly string[]): Promise<LabelledFile[]> {
  const matches = (name: string) => extensions.includes(extname(name).toLowerCase());
  const entries = await list(folder);
  const files: LabelledFile[] = entries
    .filter((entry) => entry.isFile() && matches(entry.name))
    .map(({ name }) => ({ path: join(folder, name), label: leadingNumber(name) }));
  const classes = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const numbered = classes.every((name) => /^\d+$/.test(name));
  for (const [i, name] of classes.entries())
    for (const entry of await list(join(folder, name)))
      if (entry.isFile() && matches(entry.name))
        files.push({ path: join(folder, name, entry.name), label: numbered ? Number(name) : i });
  return files;
}

const leadingNumber = (name: string): number | undefined => {
  const digits = /^\d+/.exec(name);
  return digits === null ? undefined : Number(digits[0]);
};

async function list(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new KompaktError('KPT_FILE_NOT_FOUND', `The folder '${folder}' cannot be read.`, { folder }, error);
  }
}
