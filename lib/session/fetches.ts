// Which outputs a run is asked for, and how: the arguments of run() behind the feeds.
import type { Tensor } from 'onnxruntime-common';
import { expected, KompaktError, requireArgument } from '../errors.js';
import { own } from '../tensor/own.js';
import { storedAs, type TensorValue } from '../tensor/tensor.js';
import type { RunOptions } from './options.js';

/** Names of outputs, or tensors by name that outputs are written into; null for a new one. */
export type Fetches = readonly string[] | Readonly<Record<string, Tensor | null>>;

export interface RunArguments {
  readonly fetches: Fetches | undefined;
  readonly options: RunOptions | undefined;
}

/** Throws KPT_OPTION_INVALID. */
export function splitArguments(
  outputNames: readonly string[],
  second: Fetches | RunOptions | undefined,
  third: RunOptions | undefined,
): RunArguments {
  const isObject = typeof second === 'object' && second !== null;
  requireArgument(
    second === undefined || isObject,
    'outputs or options',
    'the second argument of run()',
    second,
  );
  // As onnxruntime-common tells them apart: an object that names an output is fetches, any other is options.
  const isFetches = (value: object): boolean =>
    third !== undefined || Array.isArray(value) || outputNames.some((name) => Object.hasOwn(value, name));
  const [fetches, options] =
    second === undefined || isFetches(second)
      ? [second as Fetches, third]
      : [undefined, second as RunOptions];
  checkOptions(options);
  return { fetches, options };
}

function checkOptions(options: unknown): void {
  if (options === undefined) return;
  const isObject = typeof options === 'object' && options !== null;
  requireArgument(isObject, 'an object', 'the options of run()', options);
  const { signal } = options as { readonly signal?: { readonly addEventListener?: unknown } | null };
  if (signal === undefined || signal === null) return;
  const isSignal = typeof signal.addEventListener === 'function';
  requireArgument(isSignal, 'an AbortSignal', 'option signal of run()', signal);
}

/** Names of the outputs asked for; undefined for all. */
export function namesOf(fetches: Fetches | undefined): readonly string[] | undefined {
  if (fetches === undefined) return undefined;
  requireArgument(
    typeof fetches === 'object' && fetches !== null,
    'names or tensors',
    'the outputs',
    fetches,
  );
  return Array.isArray(fetches) ? (fetches as readonly string[]) : Object.keys(fetches);
}

/** The tensor that an output is to be written into. */
export function targetOf(fetches: Fetches | undefined, name: string): Tensor | undefined {
  if (fetches === undefined || Array.isArray(fetches)) return undefined;
  return own(fetches as Readonly<Record<string, Tensor | null>>, name) ?? undefined;
}

/** Throws KPT_BUFFER_INVALID for a target of another type or shape. */
export function fill(target: Tensor, source: Tensor, name: string): Tensor {
  const [to, from] = [target, source].map(
    ({ data }) => storedAs(source.type, data as TensorValue['data']) as Float32Array,
  ) as [Float32Array, Float32Array];
  const form = ({ type, dims }: Tensor): string => `${type} tensor of shape [${dims.join(',')}]`;
  const isTensor = Array.isArray(target.dims) && to !== undefined;
  if (!isTensor || form(target) !== form(source) || to.length !== from.length)
    throw new KompaktError(
      'KPT_BUFFER_INVALID',
      expected(`a ${form(source)}`, `output "${name}"`, isTensor ? form(target) : target),
    );
  if (to !== from) to.set(from);
  return target;
}
