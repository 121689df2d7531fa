// Draws classes from rows of unnormalised logarithms of probabilities: [batch, classes] to [batch, sample_size].
import { dtypeFromOnnx, dtypes } from '../tensor/dtype.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
  type TensorType,
} from './op.js';
import { softmaxRow } from './shared/axis-rows.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';
import { seededNumbers } from './shared/random-numbers.js';

export const multinomial = defineOp({
  op: 'Multinomial',
  domain: '',
  since: 7,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {
    dtype: { type: 'int', default: dtypes.int32.onnx },
    sample_size: { type: 'int', default: 1 },
    seed: { type: 'float', default: null },
  },
  infer: (ctx) => [typeOf(ctx)],
  reference: (ctx) => {
    const { dtype, dims } = typeOf(knownContext(ctx));
    const scores = toNumbers(inputValue(ctx, 0));
    const classes = inputValue(ctx, 0).dims[1];
    const uniform = seededNumbers(ctx.node);
    const [batch, samples] = dims;
    const y = new Float64Array(batch * samples);
    for (let row = 0; row < batch; row++) {
      const chances = softmaxRow(scores.slice(row * classes, (row + 1) * classes));
      for (let i = 0; i < samples; i++) {
        let left = uniform();
        let drawn = 0;
        while (drawn < classes - 1 && left >= chances[drawn]) left -= chances[drawn++];
        y[row * samples + i] = drawn;
      }
    }
    return [fromNumbers(dtype, dims, y)];
  },
  gradient: notDifferentiable('it draws random numbers'),
  cost: noMacs,
  quantize: staysFloat('it is random'),
  lower: 'host',
  random: true,
});

function typeOf(ctx: InferContext): TensorType {
  const { dims } = typedInput(ctx, 0, floatTypes);
  if (dims.length !== 2 || dims[1] === 0) illegalShape('scores [batch, classes]', ctx.where, dims);
  const dtype = dtypeFromOnnx(intAttr(ctx.node, 'dtype', dtypes.int32.onnx), ctx.where);
  return { dtype, dims: [dims[0], intAttr(ctx.node, 'sample_size', 1)] };
}
