// Determinant of square matrices, by elimination with pivoting.
import { expected, KompaktError } from '../errors.js';
import { toNumbers } from '../tensor/tensor.js';
import { defineOp, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { floatTypes, fromElements, typedInput } from './shared/elements.js';

export const det = defineOp({
  op: 'Det',
  domain: '',
  since: 11,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    const { dtype, dims } = typedInput(ctx, 0, floatTypes);
    if (dims.length < 2 || dims.at(-1) !== dims.at(-2))
      throw new KompaktError('KPT_SHAPE_MISMATCH', expected('square matrices', ctx.where, dims));
    return [{ dtype, dims: dims.slice(0, -2) }];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const n = x.dims.at(-1)!;
    const values = toNumbers(x);
    const results = Array.from({ length: values.length / (n * n) }, (_, i) =>
      determinant(values.slice(i * n * n, (i + 1) * n * n), n),
    );
    return [fromElements(x.dtype, x.dims.slice(0, -2), results)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('products of many values outgrow any scale'),
  lower: 'host',
});

/** Destroys `m`. */
function determinant(m: Float64Array, n: number): number {
  let result = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let row = k + 1; row < n; row++)
      if (Math.abs(m[row * n + k]!) > Math.abs(m[pivot * n + k]!)) pivot = row;
    if (m[pivot * n + k] === 0) return 0;
    if (pivot !== k) {
      for (let j = 0; j < n; j++) [m[k * n + j], m[pivot * n + j]] = [m[pivot * n + j]!, m[k * n + j]!];
      result = -result;
    }
    result *= m[k * n + k]!;
    for (let row = k + 1; row < n; row++) {
      const factor = m[row * n + k]! / m[k * n + k]!;
      for (let j = k; j < n; j++) m[row * n + j] = m[row * n + j]! - factor * m[k * n + j]!;
    }
  }
  return result;
}
