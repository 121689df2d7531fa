// Operators that fill a tensor with random numbers, of a shape given by attribute or by another tensor.
import { dtypeFromOnnx, dtypes } from '../../tensor/dtype.js';
import { sizeOf } from '../../tensor/shape.js';
import { fromNumbers } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  defineOp,
  type InferContext,
  inputType,
  intAttr,
  intsAttr,
  noMacs,
  notDifferentiable,
  type OpDef,
  type ReferenceContext,
  staysFloat,
  type TensorType,
} from '../op.js';
import { knownContext } from './known-context.js';
import { seededNumbers } from './random-numbers.js';

export interface RandomSpec {
  readonly op: string;
  /** True when the shape (and the type, where no attribute says it) is that of input 0. */
  readonly like: boolean;
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  /** Makes one number. */
  readonly draw: (ctx: ReferenceContext, uniform: () => number) => () => number;
}

export function randomOp({ op, like, attributes, draw }: RandomSpec): OpDef {
  const typeOf = (ctx: InferContext): TensorType => {
    const model = like ? inputType(ctx, 0) : undefined;
    const code = intAttr(ctx.node, 'dtype', dtypes[model?.dtype ?? 'float32'].onnx);
    return {
      dtype: dtypeFromOnnx(code, ctx.where),
      dims: model?.dims ?? intsAttr(ctx.node, 'shape') ?? [],
    };
  };
  return defineOp({
    op,
    domain: '',
    since: 1,
    inputs: like ? [1, 1] : [0, 0],
    outputs: [1, 1],
    attributes: {
      dtype: { type: 'int', default: like ? null : dtypes.float32.onnx },
      seed: { type: 'float', default: null },
      ...(like ? {} : { shape: { type: 'ints' } as const }),
      ...attributes,
    },
    infer: (ctx) => [typeOf(ctx)],
    reference: (ctx) => {
      const { dtype, dims } = typeOf(knownContext(ctx));
      const next = draw(ctx, seededNumbers(ctx.node));
      return [fromNumbers(dtype, dims, Float64Array.from({ length: sizeOf(dims) }, next))];
    },
    gradient: notDifferentiable('it draws random numbers'),
    cost: noMacs,
    quantize: staysFloat('it is random'),
    lower: 'host',
    random: true,
  });
}
