// Windows that are sums of cosines: Hann, Hamming and Blackman.
import { dtypeFromOnnx, dtypes } from '../../tensor/dtype.js';
import { fromNumbers, scalarOf } from '../../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  type OpDef,
  staysFloat,
  type TensorType,
} from '../op.js';
import { indexTypes, typedInput } from './elements.js';
import { illegalShape } from './illegal.js';
import { knownContext } from './known-context.js';

/** y[n] = sum of coefficients[k] * cos(2 pi k n / N). */
export function cosineWindow(op: string, coefficients: readonly number[]): OpDef {
  return defineOp({
    op,
    domain: '',
    since: 17,
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: {
      output_datatype: { type: 'int', default: dtypes.float32.onnx },
      periodic: { type: 'int', default: 1 },
    },
    infer: (ctx) => [typeOf(ctx)],
    reference: (ctx) => {
      const { dtype, dims } = typeOf(knownContext(ctx));
      const period = Math.max(1, intAttr(ctx.node, 'periodic', 1) === 1 ? dims[0] : dims[0] - 1);
      const values = Float64Array.from({ length: dims[0] }, (_, n) =>
        coefficients.reduce((sum, a, k) => sum + a * Math.cos((2 * Math.PI * k * n) / period), 0),
      );
      return [fromNumbers(dtype, dims, values)];
    },
    gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
    cost: noMacs,
    quantize: staysFloat('it is made while planning'),
    lower: 'host',
  });
}

function typeOf(ctx: InferContext): TensorType {
  typedInput(ctx, 0, indexTypes);
  const size = scalarOf(needValue(ctx, 0), ctx.where);
  if (size < 0) illegalShape('a size of 0 or more', ctx.where, size);
  const code = intAttr(ctx.node, 'output_datatype', dtypes.float32.onnx);
  return { dtype: dtypeFromOnnx(code, ctx.where), dims: [size] };
}
