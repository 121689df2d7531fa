// Conversion between element types as ONNX Cast defines it.
import { expected, KompaktError } from '../../errors.js';
import { type DType, isFloat, isInt64 } from '../../tensor/dtype.js';
import { integerFrom } from '../../tensor/integers.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import type { LowerContext } from '../op.js';
import { elementsOf, fromElements, wrapInteger } from './elements.js';
import { readAsIs } from './layout.js';
import { lowerAsIs } from './move.js';

/**
 * Floats lose their fraction and saturate where they become integers, integers wrap, anything but 0 is true, numbers are
 * written as text and read back.
 */
export function castTensor(x: TensorValue, to: DType, where: string): TensorValue {
  if (x.dtype === to) return x;
  if (to === 'string')
    return tensor(
      to,
      x.dims,
      Array.from(elementsOf(x), (v) => textOf(v, x.dtype)),
    );
  if (x.dtype === 'string') return castText(x, to, where);
  if (to === 'bool')
    return tensor(
      to,
      x.dims,
      Uint8Array.from(toNumbers(x), (v) => Number(v !== 0)),
    );
  if (isFloat(to)) return fromNumbers(to, x.dims, to === 'float64' ? toNumbers(x) : roundableNumbers(x));
  return fromElements(
    to,
    x.dims,
    Array.from(elementsOf(x), (v) =>
      isFloat(x.dtype) ? integerOf(v as number, to) : wrapInteger(to, BigInt(v)),
    ),
  );
}

/** What does not fit saturates, as in the step; NaN is 0. */
const integerOf = (v: number, to: DType): bigint => (Number.isNaN(v) ? 0n : integerFrom(v, to));

/**
 * Doubles that round to float32 as the elements do. An integer just beyond the middle of two floats must not become
 * that middle, which may round the other way: of those that doubles do not hold, the last 12 bits become 0 or one half.
 */
function roundableNumbers(x: TensorValue): Float64Array {
  const numbers = toNumbers(x);
  if (!isInt64(x.dtype)) return numbers;
  return numbers.map((n, i) => {
    if (Math.abs(n) <= 2 ** 53) return n;
    const v = x.data[i] as unknown as bigint;
    const rest = v & 0xfffn;
    return Number(rest === 0n ? v : v - rest + 0x800n);
  });
}

function textOf(v: number | bigint | string, from: DType): string {
  if (from === 'bool') return v === 0 ? '0' : '1';
  if (typeof v !== 'number' || Number.isInteger(v)) return String(v);
  if (Number.isNaN(v)) return 'NaN';
  if (!Number.isFinite(v)) return v > 0 ? 'INF' : '-INF';
  return from === 'float64' ? String(v) : shortestText(v);
}

/** The fewest digits that read back as the same float32. */
function shortestText(v: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(v.toPrecision(digits));
    if (Math.fround(short) === Math.fround(v)) return String(short);
  }
  return String(Number(v.toPrecision(9)));
}

/** Numbers that are written as integers do not pass through doubles where integers are wanted. */
function castText({ data, dims }: TensorValue, to: DType, where: string): TensorValue {
  const texts = data as readonly string[];
  if (isFloat(to) || to === 'bool') {
    const numbers = texts.map((text) => numberFromText(text, where));
    return castTensor(fromNumbers('float64', dims, numbers), to, where);
  }
  const integers = texts.map((text) => {
    const whole = wholePart(text);
    return whole === undefined ? integerOf(numberFromText(text, where), to) : wrapInteger(to, whole);
  });
  return fromElements(to, dims, integers);
}

/** What stands before the point of a number without exponent. */
function wholePart(text: string): bigint | undefined {
  const digits = /^\s*([+-]?\d+)(\.\d*)?\s*$/.exec(text)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

function numberFromText(text: string, where: string): number {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const n = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(n) && !/^[+-]?nan$/i.test(text))
    throw new KompaktError('KPT_DATA_MALFORMED', expected('the text of a number', where, text));
  return n;
}

/** Types that the native conversion takes. 8-bit integers are unsigned there: int8 is stored with a bias. */
const native: readonly DType[] = ['float32', 'int32', 'int64', 'uint8', 'bool'];

/** Plans a conversion, or none where nothing changes. */
export function lowerCast(ctx: LowerContext): boolean {
  const [from, to] = [ctx.inputs[0]!.dtype, ctx.outputs[0]!.dtype];
  if (from === to) return lowerAsIs(ctx);
  if (!native.includes(from) || !native.includes(to)) return false;
  const { buffer, layout } = readAsIs(ctx, 0);
  ctx.emit('cast', [buffer], [ctx.write(0, layout)], { toBool: Number(to === 'bool') });
  return true;
}
