// The only door to the addon: finds it, types it, and turns its failures into KompaktErrors with a JavaScript stack.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, errorTable, KompaktError } from '../errors.js';
import type { TypedArray } from '../tensor/dtype.js';

export interface NativeSession {
  /** Keeps a reference to the bytes until the next plan is made; equal constants of equal shape and order have one index.
   *  The bytes are matrices of `rows` by `columns` elements, of which steps see each transposed, or 0 by 0: as they are. */
  addConstant(bytes: Uint8Array, shape: string, rows: number, columns: number, elementBytes: number): number;
  /** Lets go of the bytes behind constants: the plan that they were added for will not be made. */
  forgetSources(): void;
  /** Writes constants, packed weights and programs of this session to a plan cache. */
  saveCache(
    path: string,
    identity: string,
    description: string,
    programs: readonly Uint8Array[],
  ): string | undefined;
  /** Bytes of constants and packed weights. */
  bytes(): number;
  release(): void;
}

/** What a step found in a tensor and cannot compute with. */
export interface Refusal {
  /** Index of the step in its program. */
  readonly step: number;
  /** As in "an index". */
  readonly what: string;
  readonly value: number;
  /** What it would have had to lie between, both included; low > high where `what` says it all. */
  readonly low: number;
  readonly high: number;
}

/** Failures are strings "KPT_CODE message"; success is undefined. */
export interface NativePlan {
  readonly error: string | undefined;
  write(tensor: number, data: TypedArray): string | undefined;
  read(tensor: number, data: TypedArray): string | undefined;
  run(first: number, last: number): string | undefined;
  /** A runAsync() of this plan is about to come: wakes the thread for it meanwhile. */
  expect(): void;
  runAsync(first: number, last: number, done: (error?: string) => void): string | undefined;
  /** Why the last run ended with KPT_DATA_MALFORMED. */
  refusal(): Refusal | undefined;
  /** Returns step(): undefined, 1 when a buffer was detached, 2 when aborted, 3 when refused; or a failure string. */
  bind(
    inputs: readonly number[],
    inputViews: readonly TypedArray[],
    outputs: readonly number[],
    outputViews: readonly TypedArray[],
  ): string | (() => number | undefined);
  abort(): void;
  clearAbort(): void;
  setProfiling(on: boolean): void;
  /** Nanoseconds per step since profiling was switched on. */
  profile(): number[];
  arenaBytes(): number;
  release(): void;
}

/** What the CPU has and what kompakt uses of it. */
export interface Platform {
  /** Best tier in use: scalar, avx2, avxvnni, avx512vnni, avx512vbmi, avx512popcnt, neon, dotprod or i8mm. */
  readonly tier: string;
  readonly tiers: readonly string[];
  /** CPUs that this process may use, counting affinity and container quota, big cores only. */
  readonly cpus: number;
}

/** The mapped file behind a session, for the constructor of NativeSession only. */
export interface NativeCacheHandle {
  readonly kind: 'plan cache';
}

/** A plan cache whose identity and digest are right. */
export interface NativePlanCache {
  readonly handle: NativeCacheHandle;
  readonly description: string;
  readonly programs: readonly Uint8Array[];
}

interface Addon {
  readonly NativeSession: new (threads: number, cache?: NativeCacheHandle) => NativeSession;
  readonly NativePlan: new (session: NativeSession, program: Uint8Array) => NativePlan;
  platform(): Platform;
  /** That of platform(), without asking the system for CPUs. */
  tier(): string;
  openPlanCache(path: string, identity: string): NativePlanCache | string;
  /** 128 bits as hexadecimal digits. */
  digest(bytes: Uint8Array): string;
  /** Takes the memory from an ArrayBuffer and from all views of it, and frees it. */
  detach(buffer: ArrayBuffer): void;
  /** Begins to give memory back to the system that only the allocator still holds. */
  trim(): void;
  /** The same of what an open file holds, wherever it is read; undefined when it cannot be read. */
  digestFile(file: number): string | undefined;
}

let addon: Addon | undefined;
/** Tells the file that it was loaded from. */
let addonIdentity = '';

let root: string | undefined;

/** Folder of package.json: the nearest above this code, wherever a bundler has put it. Throws KPT_ADDON_MISSING where no
 *  code knows its place: bundlers that make CommonJS leave import.meta empty. */
export function packageRoot(): string {
  if (root !== undefined) return root;
  if ((import.meta.url as string | undefined) === undefined)
    throw new KompaktError(
      'KPT_ADDON_MISSING',
      'kompakt is in a CommonJS bundle, from which it cannot find its native addon.',
    );
  const here = dirname(fileURLToPath(import.meta.url));
  root = here;
  while (!existsSync(join(root, 'package.json')))
    if (root === dirname(root)) return here;
    else root = dirname(root);
  return root;
}

/** Set by scripts/build-ts.mjs; not there when lib/ itself runs. */
declare const bundledVersion: string | undefined;

let version = typeof bundledVersion === 'string' ? bundledVersion : undefined;

/** Of kompakt. */
export function packageVersion(): string {
  version ??= (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string })
    .version;
  return version;
}

/** The addon where it is nearly always, without the search of node-gyp-build: that takes ten times as long as to load it.
 *  undefined when it is not there, does not load, or the environment names another place. */
function loadUsual(root: string): Addon | undefined {
  if (process.env.KOMPAKT_PREBUILD || process.env.PREBUILDS_ONLY) return undefined;
  const places = ['build/Release/kompakt.node', `prebuilds/${process.platform}-${process.arch}/node.node`];
  const path = places.map((place) => join(root, place)).find((file) => existsSync(file));
  if (path === undefined) return undefined;
  const module = { exports: {} };
  try {
    process.dlopen(module, path);
  } catch {
    return undefined;
  }
  addonIdentity = identityOf(path);
  return module.exports as Addon;
}

/** The addon where node-gyp-build finds it. */
function loadFound(root: string): Addon {
  const load = createRequire(import.meta.url)('node-gyp-build') as {
    (root: string): unknown;
    resolve(root: string): string;
  };
  const found = load(root) as Addon;
  addonIdentity = identityOf(load.resolve(root));
  return found;
}

function identityOf(file: string): string {
  const { size, mtimeMs } = statSync(file);
  return `${size}.${Math.trunc(mtimeMs)}`;
}

/** Tells this build of kompakt from others, those of the same version too. */
export function buildIdentity(): string {
  native();
  return `${packageVersion()}+${addonIdentity}`;
}

/** Loads the addon once: a local build first, then the prebuilt binary of this platform. */
export function native(): Addon {
  if (addon !== undefined) return addon;
  const root = packageRoot();
  try {
    addon = loadUsual(root) ?? loadFound(root);
  } catch (cause) {
    throw new KompaktError(
      'KPT_ADDON_MISSING',
      `The native addon for ${process.platform}-${process.arch} could not be loaded from ${root}: ${(cause as Error).message}`,
      { platform: process.platform, arch: process.arch },
      cause,
    );
  }
  return addon;
}

/** Loads the addon, and lets it look at the CPU, together with the code that will need it: the first session finds it there. */
export function preload(): void {
  try {
    native().tier();
  } catch {
    // Whoever needs it is told, with a stack that leads there.
  }
}

export const platform = (): Platform => native().platform();

/** Throws the KompaktError that a failure string stands for; does nothing for success. */
export function check(failure: string | undefined): void {
  if (failure === undefined) return;
  const space = failure.indexOf(' ');
  const code = failure.slice(0, space);
  throw new KompaktError(code in errorTable ? (code as ErrorCode) : 'KPT_INTERNAL', failure.slice(space + 1));
}
