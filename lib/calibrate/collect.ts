// Runs samples through an executor and shows each wanted value to its observer. Activations are never stored: memory
// is that of one sample and of the observers.
import { expected, KompaktError } from '../errors.js';
import type { Dims } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';

/** Model inputs by name. */
export type Feeds = ReadonlyMap<string, TensorValue>;

/** Computes the wanted values for one set of feeds. */
export type Executor = (feeds: Feeds) => Promise<ReadonlyMap<string, TensorValue>>;

/** What sees the values of one tensor, sample by sample; may take its time. */
export interface Watcher {
  see(values: Float32Array, dims: Dims): void | Promise<void>;
}

export interface CollectOptions {
  readonly samples: AsyncIterable<Feeds> | Iterable<Feeds>;
  /** Must answer with at least the values that have observers. */
  readonly execute: Executor;
  /** Value names and who watches them; a value may have several watchers. */
  readonly observers: Iterable<readonly [string, Watcher]>;
  /** At most this many samples are taken. */
  readonly limit: number;
  /** Told the number of samples done after each. */
  readonly progress?: (samples: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Feeds the observers; answers with the number of samples seen.
 * Throws: KPT_CALIBRATION_EMPTY without samples; KPT_CALIBRATION_VALUES naming tensor and sample at NaN or infinity;
 * KPT_ABORTED by the signal.
 */
export async function collect(options: CollectOptions): Promise<number> {
  let seen = 0;
  const watchers = [...options.observers];
  for await (const feeds of options.samples) {
    if (options.signal?.aborted) throw new KompaktError('KPT_ABORTED', 'Calibration was aborted.');
    checkFeeds(feeds, seen);
    const values = await options.execute(feeds);
    for (const [name, observer] of watchers) {
      const value = values.get(name);
      if (value === undefined || value.dtype !== 'float32')
        throw new KompaktError(
          'KPT_TYPE_MISMATCH',
          expected('a float32 tensor', `calibration of '${name}'`, value?.dtype),
        );
      checkFinite(value, name, seen);
      await observer.see(value.data as Float32Array, value.dims);
    }
    seen++;
    options.progress?.(seen);
    if (seen >= options.limit) break;
  }
  if (seen === 0) throw new KompaktError('KPT_CALIBRATION_EMPTY', 'The calibration data holds no sample.');
  return seen;
}

/** Throws KPT_CALIBRATION_VALUES for feeds in float32 that hold NaN or infinity. `sample`: its number, or its name. */
export function checkFeeds(feeds: Feeds, sample: number | string): void {
  for (const [name, value] of feeds) if (value.dtype === 'float32') checkFinite(value, name, sample);
}

/** The same for one value in float32. */
export function checkFinite(value: TensorValue, name: string, sample: number | string): void {
  const data = value.data as Float32Array;
  // v * 0 is 0 for finite v and NaN otherwise: one pass without branches finds whether any is bad.
  let probe = 0;
  for (let i = 0; i < data.length; i++) probe += data[i]! * 0;
  if (probe === 0) return;
  const at = data.findIndex((v) => !Number.isFinite(v));
  throw new KompaktError(
    'KPT_CALIBRATION_VALUES',
    expected('finite values', `tensor '${name}' in calibration sample ${sample}`, data[at]),
    { tensor: name, sample, element: at },
  );
}
