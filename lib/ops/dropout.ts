// Dropout: at inference the input itself and a mask of true; in training a random part of the elements becomes 0 and the
// rest grows to make up for it.

import { type Dims, sizeOf } from '../tensor/shape.js';
import { fromNumbers, scalarOf, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import { identityGradient } from './gradients/movement.js';
import {
  defineOp,
  type InferContext,
  inputValue,
  noMacs,
  type ReferenceContext,
  type TensorType,
} from './op.js';
import { elementwiseChannels } from './shared/channels.js';
import { floatTypes, typedInput } from './shared/elements.js';
import { lowerAsIs } from './shared/move.js';
import { seededNumbers } from './shared/random-numbers.js';

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
    const ratio = ctx.inputs[1] === undefined ? 0.5 : scalarOf(ctx.inputs[1], ctx.where);
    const drops = isTraining(ctx.inputs[2], ctx.where) && ratio > 0;
    const uniform = drops ? seededNumbers(ctx.node) : () => 1;
    const mask = maskOf(x.dims, () => uniform() >= ratio);
    const kept = mask.data as Uint8Array;
    const y = drops
      ? fromNumbers(
          x.dtype,
          x.dims,
          toNumbers(x).map((v, i) => (v * kept[i]) / (1 - ratio)),
        )
      : x;
    return [y, mask].slice(0, ctx.node.outputs.length);
  },
  gradient: identityGradient,
  cost: noMacs,
  quantize: {
    kind: 'same-scale',
    data: [0],
    results: [0],
    // Passes leave those only that make a mask or drop: operators on floats.
    onBytes: { of: () => 'nothing', note: 'float where its mask is used' },
  },
  lower: (ctx) => {
    if (ctx.inputs[2] !== undefined) {
      const training = ctx.value(2);
      if (training === undefined || isTraining(training, ctx.where)) return false;
    }
    return (ctx.node.outputs[1] ?? '') === '' && lowerAsIs(ctx);
  },
  random: true,
  channels: elementwiseChannels,
});

const maskOf = (dims: Dims, keep: () => boolean): TensorValue =>
  tensor(
    'bool',
    dims,
    Uint8Array.from({ length: sizeOf(dims) }, () => Number(keep())),
  );

const isTraining = (training: TensorValue | undefined, where: string): boolean =>
  training !== undefined && scalarOf(training, where) !== 0;
