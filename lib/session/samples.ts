// Samples as callers give them: with what belongs to them, as openSamples makes them, or the feeds alone. All that read samples
// take both.
import { expected, KompaktError } from '../errors.js';

/** Each { feeds, label, ... }, or its feeds alone: Tensors by the names of the model's inputs. */
export type SamplesOf<T extends { readonly feeds: object }> =
  | AsyncIterable<T | T['feeds']>
  | Iterable<T | T['feeds']>;

/** One pass through samples, each in the form with feeds. Throws KPT_OPTION_INVALID for what is no sample. */
export async function* samplesIn<T extends { readonly feeds: object }>(
  samples: SamplesOf<T>,
): AsyncGenerator<T> {
  requireIterable(samples, 'the samples');
  let number = 0;
  for await (const sample of samples) yield sampleOf<T>(sample, number++);
}

function sampleOf<T extends { readonly feeds: object }>(sample: T | T['feeds'], number: number): T {
  if (isRecord(sample)) {
    if (!('feeds' in sample) || isTensor(sample.feeds)) return { feeds: sample } as unknown as T;
    if (isRecord(sample.feeds)) return sample as T;
  }
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    expected(
      "{ feeds, label } or feeds alone, which are Tensors by the names of the model's inputs,",
      `sample ${number}`,
      isRecord(sample) ? (sample as { feeds?: unknown }).feeds : sample,
    ),
  );
}

/** Inputs may be called dims and type, but are no text. */
const isTensor = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'dims' in value &&
  'type' in value &&
  typeof value.type === 'string';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !isTensor(value);

/** The samples given as an option. Throws KPT_OPTION_INVALID where there are none, or what cannot be iterated. */
export function requireSamples<S>(samples: S | undefined, option: string, method: string): S {
  if (samples === undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Option ${option} of ${method} is required: it gives the samples.`,
    );
  requireIterable(samples, `option ${option} of ${method}`);
  return samples;
}

function requireIterable(samples: unknown, where: string): void {
  const iterable =
    typeof samples === 'object' &&
    samples !== null &&
    (Symbol.asyncIterator in samples || Symbol.iterator in samples);
  if (!iterable)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      expected('samples (an array, an iterable or openSamples(...))', where, samples),
    );
}

/** The same for samples that are read more than once: not an iterator, which would be empty the second time. */
export function requireRepeatable<S>(samples: S | undefined, option: string, method: string): S {
  const given = requireSamples(samples, option, method) as S &
    Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  if ((given[Symbol.asyncIterator]?.() ?? given[Symbol.iterator]?.()) === (given as unknown))
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Option ${option} of ${method} is read several times and must begin anew each time: not an iterator, but an array or openSamples(...).`,
    );
  return given;
}
