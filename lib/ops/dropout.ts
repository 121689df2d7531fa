// Dropout at inference: the input itself, and a mask of true where it is asked for.
import { expected, KompaktError } from '../errors.js';
import { allocate, scalarOf, type TensorValue, tensor } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputValue,
  noMacs,
  type ReferenceContext,
  type TensorType,
} from './op.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { lowerAsIs } from './shared/move.js';

export const dropout = defineOp({
  op: 'Dropout',
  domain: '',
  since: 12,
  inputs: [1, 3],
  outputs: [1, 2],
  attributes: { seed: { type: 'int', default: null } },
  infer: (ctx: InferContext): readonly TensorType[] => {
    const x = typedInput(ctx, 0, floatTypes);
    return [x, { dtype: 'bool' as const, dims: x.dims }].slice(0, ctx.node.outputs.length);
  },
  reference: (ctx: ReferenceContext): readonly TensorValue[] => {
    const x = inputValue(ctx, 0);
    checkInference(ctx.inputs[2], ctx.where);
    const mask = tensor('bool', x.dims, allocate('bool', x.dims).fill(1 as never));
    return [x, mask].slice(0, ctx.node.outputs.length);
  },
  cost: noMacs,
  quantize: { kind: 'same-scale', data: [0] },
  lower: (ctx) => {
    if (ctx.inputs[2] !== undefined) {
      const training = ctx.value(2);
      if (training === undefined) return false;
      checkInference(training, ctx.where);
    }
    return (ctx.node.outputs[1] ?? '') === '' && lowerAsIs(ctx);
  },
});

function checkInference(training: TensorValue | undefined, where: string): void {
  if (training !== undefined && scalarOf(training, where) !== 0)
    throw new KompaktError('KPT_ONNX_UNSUPPORTED', expected('training_mode = false', where, true));
}
