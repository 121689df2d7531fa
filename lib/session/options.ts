// Session options: onnxruntime-common's, so that programs written for onnxruntime-node need no change. kompakt heeds
// intraOpNumThreads, planCache, freeDimensionOverrides, enableProfiling and graphOptimizationLevel; the rest concerns other engines.
import type { InferenceSession as Ort } from 'onnxruntime-common';
import { expected, KompaktError } from '../errors.js';

export interface SessionOptions extends Ort.SessionOptions {
  /** Threads for one run, the caller's included; 0 or absent: the usable CPUs. */
  readonly intraOpNumThreads?: number;
  /** A file, or a folder for the files of several models, in which made plans and packed weights are kept: a later session
   *  of the same model on the same kind of CPU starts from there. Made when it is not there, ignored when it does not fit.
   *  false: none. Default: the folder that KOMPAKT_PLAN_CACHE names in the environment (empty or 0: none); without it, for
   *  models given as files, kompakt's own among the user's caches (`~/.cache/kompakt` on Linux), of at most 512 MiB. */
  readonly planCache?: string | false;
}

export interface RunOptions extends Ort.RunOptions {
  /** Aborts a run between two steps; the promise rejects with KPT_ABORTED. */
  readonly signal?: AbortSignal;
}

export interface CheckedOptions {
  readonly threads: number;
  readonly optimize: boolean;
  readonly profile: boolean;
  readonly planCache: string | false | undefined;
  readonly freeDimensions: Readonly<Record<string, number>>;
}

const maxThreads = 256;
const levels: readonly unknown[] = [undefined, 'disabled', 'basic', 'extended', 'layout', 'all'];

export function checkOptions(options: SessionOptions | undefined): CheckedOptions {
  if (options !== undefined && (typeof options !== 'object' || options === null))
    throw new KompaktError('KPT_OPTION_INVALID', expected('an object', 'the session options', options));
  const threads = options?.intraOpNumThreads ?? 0;
  if (!Number.isInteger(threads) || threads < 0 || threads > maxThreads)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      expected(`an integer in [0,${maxThreads}]`, 'option intraOpNumThreads', threads),
    );
  const level = options?.graphOptimizationLevel;
  if (!levels.includes(level))
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      expected(`one of ${levels.slice(1).join(', ')}`, 'option graphOptimizationLevel', level),
    );
  const planCache = options?.planCache;
  if (planCache !== undefined && planCache !== false && (typeof planCache !== 'string' || planCache === ''))
    throw new KompaktError('KPT_OPTION_INVALID', expected('a path or false', 'option planCache', planCache));
  const freeDimensions = options?.freeDimensionOverrides ?? {};
  for (const [name, size] of Object.entries(freeDimensions))
    if (!Number.isInteger(size) || size < 0)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected('a size', `freeDimensionOverrides.${name}`, size),
      );
  return {
    threads,
    optimize: level !== 'disabled',
    profile: options?.enableProfiling === true,
    planCache,
    freeDimensions,
  };
}
