// NegativeLogLikelihoodLossGradient (ai.kompakt): inputs dL, labels and weights? of a NegativeLogLikelihoodLoss; the
// gradient of its scores: -weight at the label (divided by the sum of weights for the mean), 0 elsewhere.
import { expected, KompaktError } from '../errors.js';
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
} from './op.js';
import { labelStep, lossAttributes, reductionOf } from './shared/class-loss.js';
import { indexTypes, typedInput } from './shared/elements.js';

export const negativeLogLikelihoodLossGradient = defineOp({
  op: 'NegativeLogLikelihoodLossGradient',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 3],
  outputs: [1, 1],
  attributes: { ...lossAttributes, classes: { type: 'int' } },
  infer: (ctx) => [
    { dtype: inputType(ctx, 0).dtype, dims: scoreDims(ctx, typedInput(ctx, 1, indexTypes).dims) },
  ],
  reference,
  gradient: notDifferentiable('second derivatives are not needed for training'),
  cost: noMacs,
  quantize: staysFloat('gradients need more than 8 bits'),
  lower: (ctx) => {
    if (inputType(ctx, 0).dtype !== 'float32') return false;
    const { inputs, params } = labelStep(ctx, ctx.outputs[0]!.dims, 1);
    ctx.emit('nll_gradient_f32', [ctx.read(0, 'plain'), ...inputs], [ctx.write(0, 'plain')], params);
    return true;
  },
});

const scoreDims = (ctx: Pick<InferContext, 'node'>, labels: readonly number[]): number[] => [
  ...labels.slice(0, 1),
  intAttr(ctx.node, 'classes'),
  ...labels.slice(1),
];

function reference(ctx: ReferenceContext) {
  const loss = inputValue(ctx, 0);
  const target = inputValue(ctx, 1);
  const labels = toNumbers(target);
  const weights = ctx.inputs[2] && toNumbers(ctx.inputs[2]);
  const ignored = ctx.node.attributes.ignore_index && intAttr(ctx.node, 'ignore_index');
  const dims = scoreDims(ctx, target.dims);
  const classes = dims[1]!;
  const weightOf = (label: number): number => {
    if (label === ignored) return 0;
    if (label < 0 || label >= classes)
      throw new KompaktError(
        'KPT_DATA_MALFORMED',
        expected(`labels in [0,${classes - 1}]`, ctx.where, label),
      );
    return weights?.[label] ?? 1;
  };
  const reduction = reductionOf(ctx);
  const total = reduction === 'mean' ? labels.reduce((sum, label) => sum + weightOf(label), 0) : 1;
  const upstream = toNumbers(loss);
  const inner = sizeOf(dims.slice(2));
  const out = new Float64Array(sizeOf(dims));
  labels.forEach((label, i) => {
    const weight = weightOf(label);
    if (weight === 0) return;
    const at = (Math.floor(i / inner) * classes + label) * inner + (i % inner);
    out[at] = (-weight / total) * upstream[reduction === 'none' ? i : 0]!;
  });
  return [fromNumbers(loss.dtype, dims, out)];
}
