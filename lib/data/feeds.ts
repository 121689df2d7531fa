// Samples -> model inputs: pre-processing, colour and layout, batch dimension, element type.
import { expected, KompaktError } from '../errors.js';
import type { Dim, ValueInfo } from '../graph/graph.js';
import { roundHalfEven } from '../ops/shared/rounding.js';
import { dtypes, isInt64 } from '../tensor/dtype.js';
import { type Dims, sameDims, sizeOf } from '../tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../tensor/tensor.js';
import type { Sample } from './dataset.js';
import { type Preprocess, type PreprocessOptions, parsePreprocess } from './preprocess.js';

/** What a session runs on: one sample with a batch dimension of 1. */
export interface Feed {
  readonly name: string;
  readonly label?: number;
  readonly feeds: Readonly<Record<string, TensorValue>>;
}

/** Feeds for a model with the given inputs, streamed; iterate again to start over. */
export function feedsOf(
  samples: AsyncIterable<Sample>,
  inputs: readonly ValueInfo[],
  options: PreprocessOptions | string = {},
): AsyncIterable<Feed> {
  const preprocess = parsePreprocess(options);
  return {
    async *[Symbol.asyncIterator]() {
      for await (const sample of samples) {
        const feeds = Object.entries(sample.arrays).map(([name, value]) => {
          const input = inputFor(name, inputs, sample);
          return [input.name, toInput(sample, value, input, preprocess)];
        });
        yield { name: sample.name, label: sample.label, feeds: Object.fromEntries(feeds) };
      }
    },
  };
}

function inputFor(name: string, inputs: readonly ValueInfo[], sample: Sample): ValueInfo {
  const input = name === '' ? inputs[0] : inputs.find((candidate) => candidate.name === name);
  if (input === undefined || (name === '' && inputs.length > 1))
    throw new KompaktError(
      'KPT_INPUT_UNKNOWN',
      `Sample '${sample.name}' gives ${name === '' ? 'one unnamed array' : `array '${name}'`}, but the model's inputs are ${inputs.map((i) => `'${i.name}'`).join(', ')}.`,
    );
  return input;
}

/** A picture with channels first, numbers of any range. */
interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float64Array;
}

function toInput(sample: Sample, value: TensorValue, input: ValueInfo, preprocess: Preprocess): TensorValue {
  const where = `sample '${sample.name}'`;
  if (sample.layout === 'array' || sample.layout === 'sound') {
    const numbers = normalize(toNumbers(value), 1, preprocess, where);
    const fitted =
      sample.layout === 'sound' ? fitLength(numbers, input, where) : { dims: value.dims, data: numbers };
    return typed(input, fitArray(fitted.dims, input, where), fitted.data, where);
  }
  const stored = recolor(planesOf(value, sample.layout), preprocess.color, where);
  const planes = { ...stored, data: normalize(stored.data, stored.channels, preprocess, where) };
  const { dims, data } = arrange(planes, input, preprocess.layout, where);
  return typed(input, dims, data, where);
}

/** Numbers in the type of an input; for integers they are rounded. */
function typed({ name, dtype }: ValueInfo, dims: Dims, data: Float64Array, where: string): TensorValue {
  const { integer, min, max } = dtypes[dtype];
  if (!integer) return fromNumbers(dtype, dims, data);
  const whole = data.map(roundHalfEven);
  // The greatest integer of 64 bits is no float64: its bound is the next one, which does not fit.
  const wide = isInt64(dtype);
  const at = whole.findIndex((v) => !(v >= min && (wide ? v < max : v <= max)));
  const range = wide ? `of ${min < 0 ? '-2^63 to 2^63' : '0 to 2^64'} - 1` : `from ${min} to ${max}`;
  if (at >= 0)
    throw new KompaktError(
      'KPT_DATA_MALFORMED',
      `Expected values ${range} for input '${name}' in ${dtype} but received ${data[at]} from ${where}: see scale, mean and std of the preprocessing.`,
    );
  return fromNumbers(dtype, dims, whole);
}

function planesOf(value: TensorValue, layout: 'CHW' | 'HWC'): Planes {
  const numbers = toNumbers(value);
  if (layout === 'CHW') {
    const [channels, height, width] = value.dims as [number, number, number];
    return { channels, height, width, data: numbers };
  }
  const [height, width, channels] = value.dims as [number, number, number];
  return { channels, height, width, data: transposed(numbers, height * width, channels) };
}

/** [rows, columns] -> [columns, rows]. */
function transposed(data: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return out;
}

/** Weights of ITU-R BT.601 for grey. */
const luma = [0.299, 0.587, 0.114] as const;

function recolor(picture: Planes, color: Preprocess['color'], where: string): Planes {
  const { channels, data } = picture;
  const size = picture.height * picture.width;
  const plane = (c: number) => data.subarray(c * size, (c + 1) * size);
  const joined = (order: readonly number[]): Planes => {
    const out = new Float64Array(order.length * size);
    order.forEach((c, i) => {
      out.set(plane(c), i * size);
    });
    return { ...picture, channels: order.length, data: out };
  };
  if (color === undefined || (color === 'gray' && channels === 1) || (color === 'rgb' && channels === 3))
    return picture;
  if (channels === 1) return joined([0, 0, 0]);
  if (channels !== 3)
    throw new KompaktError('KPT_DATA_MALFORMED', expected('1 or 3 channels', where, channels));
  if (color === 'bgr') return joined([2, 1, 0]);
  const gray = Float64Array.from(
    { length: size },
    (_, i) => luma[0] * plane(0)[i]! + luma[1] * plane(1)[i]! + luma[2] * plane(2)[i]!,
  );
  return { ...picture, channels: 1, data: gray };
}

function normalize(
  data: Float64Array,
  channels: number,
  { scale, mean, std }: Preprocess,
  where: string,
): Float64Array {
  for (const [name, values] of Object.entries({ mean, std }))
    if (values.length !== 1 && values.length !== channels)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected(`1 or ${channels} values`, `${name} at ${where}`, values.length),
      );
  const size = data.length / channels;
  const out = new Float64Array(data.length);
  for (let c = 0; c < channels; c++) {
    const shift = mean[mean.length === 1 ? 0 : c]!;
    const divisor = std[std.length === 1 ? 0 : c]!;
    for (let i = c * size; i < (c + 1) * size; i++) out[i] = (data[i]! * scale - shift) / divisor;
  }
  return out;
}

/** Puts a picture into the order of the input: four dimensions as they are, else flat. */
function arrange(picture: Planes, input: ValueInfo, layout: Preprocess['layout'], where: string) {
  const { channels, height, width, data } = picture;
  const first = [1, channels, height, width];
  const last = [1, height, width, channels];
  const wantsLast =
    layout === undefined ? !accepts(input.dims, first) && accepts(input.dims, last) : layout === 'NHWC';
  const ordered = wantsLast ? transposed(data, channels, height * width) : data;
  const dims = wantsLast ? last : first;
  return { dims: accepts(input.dims, dims) ? dims : fitArray(dims.slice(1), input, where), data: ordered };
}

/** Whether an input of these dims takes a tensor of those. */
const accepts = (input: readonly Dim[] | null, dims: Dims): boolean =>
  input === null ||
  (input.length === dims.length && input.every((d, i) => typeof d !== 'number' || d === dims[i]));

/** Dims of a sample as the input wants them: with a batch dimension, or in any other shape of the same size. */
function fitArray(dims: Dims, input: ValueInfo, where: string): Dims {
  for (const candidate of [[1, ...dims], dims]) if (accepts(input.dims, candidate)) return candidate;
  const wanted = input.dims!.map((d, i) => (typeof d === 'number' ? d : i === 0 ? 1 : null));
  const free = wanted.indexOf(null);
  if (free >= 0 && free === wanted.lastIndexOf(null)) {
    const rest = sizeOf(wanted.filter((d) => d !== null));
    wanted[free] = rest > 0 ? sizeOf(dims) / rest : 0;
  }
  const shape = wanted.map(Number);
  if (!wanted.includes(null) && shape.every(Number.isInteger) && sizeOf(shape) === sizeOf(dims)) return shape;
  throw new KompaktError(
    'KPT_SHAPE_MISMATCH',
    `Expected a shape that fits input '${input.name}' ${shapeText(input.dims!)} for ${where} but received [${dims.join(',')}].`,
  );
}

/** Cuts a sound, or adds silence, where the input has a fixed length. Pictures and spectra are no place for a sound. */
function fitLength(
  data: Float64Array,
  { name, dims: input }: ValueInfo,
  where: string,
): { dims: Dims; data: Float64Array } {
  const own = input === null ? [null] : input.length === 1 ? input : input.slice(1);
  if (own.filter((d) => d !== 1).length > 1)
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      `Expected an input with one dimension besides the batch and those of 1 for the sound of ${where} but received '${name}' ${shapeText(input!)}. Give what it takes, a spectrum say, as npy:FILE.`,
    );
  const length = own.every((d) => typeof d === 'number') ? sizeOf(own) : data.length;
  if (sameDims([length], [data.length])) return { dims: [length], data };
  const out = new Float64Array(length);
  out.set(data.subarray(0, length));
  return { dims: [length], data: out };
}

const shapeText = (dims: readonly Dim[]): string => `[${dims.map((d) => d ?? '?').join(',')}]`;
