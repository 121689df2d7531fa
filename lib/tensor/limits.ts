// What one model may take of this machine. A size that a file declares is compared with these before memory is taken: without
// them a few bytes could ask for everything that there is.
import { totalmem } from 'node:os';
import { KompaktError } from '../errors.js';

/** Smaller pieces are not worth asking the system for. */
const always = 1 << 24;

/** A positive number from the environment; undefined when it is not set. */
function fromEnvironment(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (value > 0) return value;
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    `Expected a number above 0 in ${name} but received '${text}'.`,
  );
}

/** Most bytes that one tensor, the results of one node or the arena of one plan may take. */
const memoryLimit = (): number => {
  const megabytes = fromEnvironment('KOMPAKT_MEMORY_LIMIT');
  if (megabytes !== undefined) return megabytes * 2 ** 20;
  return process.availableMemory?.() ?? totalmem();
};

/** Throws KPT_TOO_LARGE when `bytes` for `what` are more than the process may take now. */
export function checkMemory(bytes: number, what: () => string): void {
  if (bytes <= always) return;
  const limit = memoryLimit();
  if (bytes > limit) tooLarge(what(), bytes, limit);
}

function tooLarge(what: string, bytes: number, limit: number): never {
  throw new KompaktError(
    'KPT_TOO_LARGE',
    `${what} would take ${megabytes(bytes)}; ${megabytes(limit)} may be taken.`,
    { bytes, limit },
  );
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** References compute with plain numbers in arrays of their own: this much for an element at worst. */
const hostBytesPerElement = 64;

/** Throws KPT_TOO_LARGE when `elements`, made by a reference, are more than the heap of JavaScript holds. */
export function checkHostElements(elements: number, what: () => string): void {
  const bytes = elements * hostBytesPerElement;
  if (bytes <= always) return;
  // Loaded here: few programs need it.
  const { getHeapStatistics } = process.getBuiltinModule('node:v8');
  const limit = Math.min(memoryLimit(), getHeapStatistics().heap_size_limit);
  if (bytes > limit) tooLarge(what(), bytes, limit);
}

/** Turns of one Loop: far more than any model makes, few enough to end. */
export const maxTurns = (): number => fromEnvironment('KOMPAKT_LOOP_LIMIT') ?? 2 ** 24;
