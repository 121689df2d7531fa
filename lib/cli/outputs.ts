// Before a command works: each file that it will write can be written, and is none that it reads and none that it writes for
// something else. The only place that knows; commands say which options name files.
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { KompaktError, Model } from '../index.js';
import { type Command, flagOf, type Given, type OptionSpec } from './command.js';

/** Options that were given, with their texts as they were given. */
export type GivenTexts = ReadonlyMap<OptionSpec, readonly string[]>;

interface Named {
  /** Option, argument or what a file is. */
  readonly what: string;
  readonly path: string;
}

interface Output extends Named {
  readonly kind: NonNullable<OptionSpec['writes']>;
}

/** Throws KPT_USAGE for an output that is an input or another output, KPT_FILE_WRITE for one that cannot be written. */
export async function checkOutputs(command: Command, given: Given, texts: GivenTexts): Promise<void> {
  const outputs = await outputsOf(command, given, texts);
  const written: { readonly output: Output; readonly path: string; readonly key: string | undefined }[] = [];
  for (const output of outputs)
    for (const path of await filesOf(output)) written.push({ output, path, key: await existingKey(path) });
  const taken = new Map<string, Named>();
  // Data may be many files: they are looked at only where something is replaced.
  if (written.some(({ key }) => key !== undefined))
    for (const input of await inputsOf(command, given, texts)) {
      const key = await existingKey(input.path);
      if (key !== undefined) taken.set(key, input);
    }
  for (const { output, path, key: existing } of written) {
    const key = existing ?? (await futureKey(path));
    const other = taken.get(key);
    if (other !== undefined) clash(output, path, other);
    taken.set(key, output);
  }
  for (const { kind, path } of outputs) if (kind === 'file') await Model.checkWritable(path);
}

function clash({ what, path: given }: Output, path: string, other: Named): never {
  const where = path === given ? `'${path}'` : `'${path}' in '${given}'`;
  throw new KompaktError(
    'KPT_USAGE',
    `${what} would write ${where}, which is the file '${other.path}' of ${other.what}. Name another one to write.`,
    { path },
  );
}

async function outputsOf(
  { alsoWrites }: Command,
  given: Given,
  texts: GivenTexts,
): Promise<readonly Output[]> {
  const named = [...texts].flatMap(([{ flags, writes }, all]) =>
    writes === undefined ? [] : all.map((path) => ({ what: flagOf(flags), path, kind: writes })),
  );
  const also = (await alsoWrites?.(given)) ?? [];
  const others = also.map(([what, path]) => ({ what, path, kind: 'file' as const }));
  return [...named, ...others];
}

async function inputsOf(command: Command, { args }: Given, texts: GivenTexts): Promise<readonly Named[]> {
  // The last argument may be given several times.
  const specs = args.map((text, i) => ({ spec: command.arguments[i] ?? command.arguments.at(-1)!, text }));
  const read = [
    ...specs.map(({ spec, text }) => ({ what: spec.name, reads: spec.reads, text })),
    ...[...texts].flatMap(([{ flags, reads }, all]) =>
      all.map((text) => ({ what: flagOf(flags), reads, text })),
    ),
  ];
  const inputs: Named[] = [];
  for (const { what, reads, text } of read)
    for (const path of (await reads?.(text)) ?? []) inputs.push({ what, path });
  return inputs;
}

/** What an output may replace: the file, or those of a folder that have such names as are written there. */
async function filesOf({ kind, path }: Output): Promise<readonly string[]> {
  if (!(kind instanceof RegExp)) return [path];
  const names = await readdir(path).catch(() => []);
  return names.filter((name) => kind.test(name)).map((name) => join(path, name));
}

/** Which file it is, the same for every link to it; undefined for what is not a file. */
async function existingKey(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isFile() ? `${found.dev}:${found.ino}` : undefined;
}

/** Which file it will be. */
async function futureKey(path: string): Promise<string> {
  const folder = dirname(resolve(path));
  return join(await realpath(folder).catch(() => folder), basename(path));
}
