// Factory of operators that give the same elements in the same order under other dims.

import type { Dims } from '../../tensor/shape.js';
import { tensor } from '../../tensor/tensor.js';
import { viewGradient } from '../gradients/movement.js';
import {
  type AttributeSpec,
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  noMacs,
  type OpDef,
} from '../op.js';
import type { ChannelRule } from './channels.js';
import { knownContext } from './known-context.js';
import { lowerAsView } from './move.js';
import { viewChannels } from './view-channels.js';

export function viewOp(spec: {
  readonly op: string;
  readonly since: number;
  readonly inputs: readonly [number, number];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  /** Dims of the output; throws when the sizes differ. */
  readonly dims: (ctx: InferContext, x: Dims) => Dims;
  /** Those of a view whose shape is an input, where it is. */
  readonly channels?: ChannelRule;
}): OpDef {
  return defineOp({
    op: spec.op,
    domain: '',
    since: spec.since,
    inputs: spec.inputs,
    outputs: [1, 1],
    attributes: spec.attributes ?? {},
    infer: (ctx) => {
      const x = inputType(ctx, 0);
      return [{ dtype: x.dtype, dims: spec.dims(ctx, x.dims) }];
    },
    reference: (ctx) => {
      const x = inputValue(ctx, 0);
      const dims = spec.dims(knownContext(ctx), x.dims);
      return [tensor(x.dtype, dims, x.data)];
    },
    gradient: viewGradient,
    cost: noMacs,
    quantize: { kind: 'same-scale', data: [0] },
    lower: lowerAsView,
    channels: spec.channels ?? viewChannels,
  });
}
