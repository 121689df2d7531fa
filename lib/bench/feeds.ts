// Input tensors for a benchmark: concrete shapes from what the model declares and what the caller fixes, and data
// from a seeded generator.
import { Tensor } from 'onnxruntime-common';
import { expected, KompaktError } from '../errors.js';
import { type DType, dtypes, isFloat } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers } from '../tensor/tensor.js';
import type { Feeds, InputInfo } from './engine.js';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Concrete dims of each input: the given shape, or the declared one with 1 for a symbol in front. */
export function concreteShapes(inputs: readonly InputInfo[], shapes: Shapes): Map<string, readonly number[]> {
  const known = new Set(inputs.map((input) => input.name));
  for (const name of Object.keys(shapes))
    if (!known.has(name))
      throw new KompaktError('KPT_INPUT_UNKNOWN', expected([...known].join(', '), 'an input name', name));
  return new Map(inputs.map((input) => [input.name, concreteShape(input, shapes[input.name])]));
}

function concreteShape(input: InputInfo, given: readonly number[] | undefined): readonly number[] {
  const declared = `[${input.shape.join(',')}]`;
  if (given === undefined) {
    if (input.shape.slice(1).every((dim) => typeof dim === 'number'))
      return input.shape.map((dim) => (typeof dim === 'number' ? dim : 1));
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      `Input '${input.name}' has shape ${declared}: give its free dimensions a size, as in --shape ${input.name}=1,3,320,320.`,
      { input: input.name },
    );
  }
  const fits =
    given.length === input.shape.length &&
    input.shape.every((dim, i) => typeof dim !== 'number' || dim === given[i]);
  if (!fits)
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`shape ${declared}`, `input '${input.name}'`, given),
      {
        input: input.name,
      },
    );
  return given;
}

/** Feeds of those shapes: floats in [-1, 1), integers 0 and 1 (legal as flags, indices and lengths). */
export function randomFeeds(
  inputs: readonly InputInfo[],
  shapes: ReadonlyMap<string, readonly number[]>,
  seed = 1,
): Feeds {
  const next = generator(seed);
  const feeds: Record<string, Tensor> = {};
  for (const { name, type } of inputs) {
    const dims = shapes.get(name)!;
    if (!(type in dtypes) || type === 'string')
      throw new KompaktError('KPT_TYPE_MISMATCH', expected('a numeric type', `input '${name}'`, type));
    const dtype = type as DType;
    const values = Float64Array.from({ length: sizeOf(dims) }, () =>
      isFloat(dtype) ? next() * 2 - 1 : Math.floor(next() * 2),
    );
    const { data } = fromNumbers(dtype, dims, values);
    feeds[name] = new Tensor(type as 'float32', data as Float32Array, dims);
  }
  return feeds;
}

/** Numbers in [0, 1) from a 32-bit seed (mulberry32): the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
