// Power, broadcasting: the result has the type of the base, the exponent may have any number type.

import { type DType, dtypes } from '../tensor/dtype.js';
import { integerFrom, largestInteger } from '../tensor/integers.js';
import { broadcastDims } from '../tensor/shape.js';
import { powGradient } from './gradients/arithmetic.js';
import { defineOp, inputValue, noMacs } from './op.js';
import { broadcastPairs, lowerBinary } from './shared/binary.js';
import { floatTypes, fromElements, numberTypes, typedInput } from './shared/elements.js';
import { arithmeticRule } from './shared/integer-arithmetic.js';
import { readAsIs } from './shared/layout.js';

export const pow = defineOp({
  op: 'Pow',
  domain: '',
  since: 7,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    const base = typedInput(ctx, 0, [...floatTypes, 'int32', 'int64']);
    const exponent = typedInput(ctx, 1, numberTypes);
    return [{ dtype: base.dtype, dims: broadcastDims([base.dims, exponent.dims], ctx.where) }];
  },
  reference: (ctx) => {
    const [base, exponent] = [inputValue(ctx, 0), inputValue(ctx, 1)];
    const { dims, pairs } = broadcastPairs(ctx.where, base, exponent);
    const integers = dtypes[base.dtype].integer && dtypes[exponent.dtype].integer;
    const values = integers
      ? pairs((a, b) => integerPower(BigInt(a), BigInt(b), base.dtype))
      : pairs((a, b) => Number(a) ** Number(b));
    return [
      fromElements(
        base.dtype,
        dims,
        dtypes[base.dtype].integer && !integers
          ? values.map((v) => integerFrom(Number(v), base.dtype))
          : values,
      ),
    ];
  },
  gradient: powGradient,
  cost: noMacs,
  quantize: arithmeticRule((a, b) => a ** b, null),
  lower: (ctx) => {
    const [base, exponent] = ctx.inputs;
    if (base!.dtype !== 'float32' || exponent!.dtype !== 'float32') return false;
    const known = ctx.value(1);
    if (known?.data.length === 1 && known.data[0] === 2 && exponent!.dims.length <= base!.dims.length) {
      const { buffer, layout } = readAsIs(ctx, 0);
      ctx.emit('unary_f32', [buffer], [ctx.write(0, layout)], { op: 'square', alpha: 0, beta: 0 });
      return true;
    }
    return power(ctx);
  },
});

const power = lowerBinary('pow');

/** By squaring, modulo 2^64: an exponent may be any integer, and no type keeps more bits. */
function integerPower(base: bigint, exponent: bigint, dtype: DType): bigint {
  if (exponent < 0n) return inversePower(base, exponent, dtype);
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}

/** 1 / base^|exponent| without its fraction; of 0 it is infinite, as where exponents are floats. */
function inversePower(base: bigint, exponent: bigint, dtype: DType): bigint {
  if (base === 0n) return largestInteger(dtype);
  if (base === -1n) return exponent % 2n === 0n ? 1n : -1n;
  return base === 1n ? 1n : 0n;
}
