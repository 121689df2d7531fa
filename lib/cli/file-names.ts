// Names of files for the outputs of a model, which may be called what no file can be.

/** File systems take 255 bytes, some of which are the number of the sample, the ending and what is put in front while it is written. */
const longest = 180;

const plain = (name: string): string => name.replaceAll(/[^\w.-]/g, '_').slice(0, longest);

/** By output a name of letters, digits, '.', '_' and '-'. No two are alike, also where a file system does not tell case apart. */
export function fileNames(outputs: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const taken = new Set<string>();
  // Outputs that are called right already keep their names.
  const changed = (name: string): number => Number(plain(name) !== name);
  for (const name of [...outputs].sort((a, b) => changed(a) - changed(b))) {
    let file = plain(name);
    for (let i = 2; taken.has(file.toLowerCase()); i++) file = `${plain(name)}_${i}`;
    taken.add(file.toLowerCase());
    files.set(name, file);
  }
  return files;
}
