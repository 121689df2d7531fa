// Input tensors for a benchmark: concrete shapes from what the model declares and what the caller fixes, and data
// from a seeded generator.
import { Tensor } from 'onnxruntime-common';
import { expected, KompaktError, requireArgument } from '../errors.js';
import { uniformNumbers } from '../ops/shared/random-numbers.js';
import { type DType, dtypes, isFloat } from '../tensor/dtype.js';
import { own } from '../tensor/own.js';
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers } from '../tensor/tensor.js';
import type { Feeds, InputInfo } from './engine.js';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Whether a size must be given: all but a free first dimension, which is the batch, must be known. */
const isOpen = (input: InputInfo, shapes: Shapes): boolean =>
  !(input.name in shapes) &&
  (input.undeclared === true || input.shape.slice(1).some((dim) => typeof dim !== 'number'));

/** The dims of an input that a model without a shape might have: those of a photo. */
const likelyShape: readonly number[] = [1, 3, 224, 224];

/** A size that a free dimension might have: that of a photo where the input looks like one. */
function likelySize({ shape }: InputInfo, axis: number): number {
  if (axis === 0) return 1;
  if (shape.length !== 4) return 128;
  const last = shape[3];
  const channelsLast = typeof last === 'number' && last <= 4;
  return axis === 1 && !channelsLast ? 3 : 224;
}

/** Throws KPT_INPUT_UNKNOWN for shapes of what is no input. */
function requireInputs(inputs: readonly InputInfo[], shapes: Shapes): void {
  const names = inputs.map((input) => input.name);
  for (const name of Object.keys(shapes))
    if (!names.includes(name))
      throw new KompaktError(
        'KPT_INPUT_UNKNOWN',
        `A shape is given for '${name}', but the inputs of the model are ${names.map((own) => `'${own}'`).join(', ')}.`,
        { name },
      );
}

/** Options to copy that give every input a size that needs one, as in `--shape x=1,3,224,224`; null when none does. Throws
 *  KPT_INPUT_UNKNOWN. */
export function shapeExample(inputs: readonly InputInfo[], shapes: Shapes): string | null {
  requireArgument(Array.isArray(inputs), 'the inputMetadata of a session', 'shapeExample', inputs);
  requireInputs(inputs, shapes);
  const open = inputs.filter((input) => isOpen(input, shapes));
  if (open.length === 0) return null;
  const word = (text: string): string => (/^[\w.:/=,-]+$/.test(text) ? text : `'${text}'`);
  return open
    .map((input) => {
      const dims =
        input.undeclared === true
          ? likelyShape
          : input.shape.map((dim, axis) => (typeof dim === 'number' ? dim : likelySize(input, axis)));
      return `--shape ${word(`${input.name}=${dims.join(',')}`)}`;
    })
    .join(' ');
}

/** Concrete dims of each input: the given shape, or the declared one with 1 for a symbol in front. Throws KPT_SHAPE_MISMATCH
 *  where both differ, or a size that is needed is given by neither. */
export function concreteShapes(inputs: readonly InputInfo[], shapes: Shapes): Map<string, readonly number[]> {
  requireArgument(Array.isArray(inputs), 'the inputMetadata of a session', 'concreteShapes', inputs);
  requireInputs(inputs, shapes);
  return new Map(inputs.map((input) => [input.name, concreteShape(input, own(shapes, input.name))]));
}

function concreteShape(input: InputInfo, given: readonly number[] | undefined): readonly number[] {
  const declared = `[${input.shape.join(',')}]`;
  if (given === undefined) {
    const example = shapeExample([input], {});
    if (example === null) return input.shape.map((dim) => (typeof dim === 'number' ? dim : 1));
    const lacks =
      input.undeclared === true
        ? 'has no declared shape: give it one'
        : `has shape ${declared}: give its free dimensions a size`;
    throw new KompaktError('KPT_SHAPE_MISMATCH', `Input '${input.name}' ${lacks}, as in ${example}.`, {
      input: input.name,
    });
  }
  const fits =
    input.undeclared !== undefined ||
    (given.length === input.shape.length &&
      input.shape.every((dim, i) => typeof dim !== 'number' || dim === given[i]));
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
  const next = uniformNumbers(seed);
  const feeds: [string, Tensor][] = [];
  for (const { name, type } of inputs) {
    const dims = shapes.get(name)!;
    if (!(type in dtypes) || type === 'string')
      throw new KompaktError('KPT_TYPE_MISMATCH', expected('a numeric type', `input '${name}'`, type));
    const dtype = type as DType;
    const values = Float64Array.from({ length: sizeOf(dims) }, () =>
      isFloat(dtype) ? next() * 2 - 1 : Math.floor(next() * 2),
    );
    const { data } = fromNumbers(dtype, dims, values);
    feeds.push([name, new Tensor(type as 'float32', data as Float32Array, dims)]);
  }
  return Object.fromEntries(feeds);
}
