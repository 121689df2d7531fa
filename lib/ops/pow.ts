// Power, broadcasting: the result has the type of the base, the exponent may have any number type.

import { expected, KompaktError } from '../errors.js';
import { dtypes } from '../tensor/dtype.js';
import { integerFrom } from '../tensor/integers.js';
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
      ? pairs((a, b) => integerPower(BigInt(a), BigInt(b), ctx.where))
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

function integerPower(base: bigint, exponent: bigint, where: string): bigint {
  if (exponent >= 0n) return base ** exponent;
  if (base === 0n)
    throw new KompaktError(
      'KPT_DATA_MALFORMED',
      expected('a base other than 0 with a negative exponent', where, 0),
    );
  return base === 1n ? 1n : base === -1n ? (exponent % 2n === 0n ? 1n : -1n) : 0n;
}
