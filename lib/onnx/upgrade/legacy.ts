// Opsets 1 to 6: broadcasting by attribute, attributes that said how memory was reused or that the model was not in
// training, and parameters under other names.
import { attr } from '../../graph/attribute.js';
import type { Node } from '../../graph/graph.js';
import { floatAttr, intAttr, intsAttr } from '../../ops/op.js';
import { type DType, dtypes } from '../../tensor/dtype.js';
import { tensor } from '../../tensor/tensor.js';
import {
  helper,
  intsConstant,
  type Upgrade,
  type UpgradeContext,
  unsupported,
  withAttributes,
  withInput,
} from './upgrade.js';

/** Input `at` with dimensions of size 1 appended, so that it lines up with axes `axis`... of a value of `rank`. */
function alignedAt(node: Node, ctx: UpgradeContext, at: number, axis: number, rank: number): readonly Node[] {
  const own = ctx.rankOf(node.inputs[at]!);
  if (own === undefined) unsupported(node, ctx.opset, 'Broadcasting of an input of unknown rank');
  const missing = (axis < 0 ? axis + rank : axis) + own;
  if (missing >= rank) return [node];
  const axes = Array.from({ length: rank - missing }, (_, i) => own + i);
  const widened = helper(node, ctx, 'Unsqueeze', [
    node.inputs[at]!,
    intsConstant(node, ctx, 'broadcast_axes', axes),
  ]);
  return [widened, withInput(node, at, widened.outputs[0]!)];
}

const broadcasting: Upgrade = {
  ops: ['Add', 'And', 'Div', 'Equal', 'Greater', 'Less', 'Mul', 'Or', 'Pow', 'Sub', 'Xor'],
  below: 7,
  raise(node, ctx) {
    const bare = withAttributes(node, ['axis', 'broadcast', 'consumed_inputs']);
    if (node.attributes.axis === undefined || intAttr(node, 'broadcast', 0) === 0) return [bare];
    const rank = ctx.rankOf(node.inputs[0]!);
    if (rank === undefined) unsupported(node, ctx.opset, 'Broadcasting to an unknown rank');
    return alignedAt(bare, ctx, 1, intAttr(node, 'axis'), rank);
  },
};

/** A slope per channel lay along axis 1. */
const prelu: Upgrade = {
  ops: ['PRelu'],
  below: 7,
  raise(node, ctx) {
    const bare = withAttributes(node, ['consumed_inputs']);
    const rank = ctx.rankOf(node.inputs[0]!);
    if (rank === undefined) unsupported(node, ctx.opset, 'A slope for an unknown rank');
    return ctx.rankOf(node.inputs[1]!) === 1 ? alignedAt(bare, ctx, 1, Math.min(1, rank - 1), rank) : [bare];
  },
};

const cast: Upgrade = {
  ops: ['Cast'],
  below: 6,
  raise(node, ctx) {
    const to = node.attributes.to;
    if (to?.type !== 'string') return [node];
    const named: Record<string, DType> = { float: 'float32', double: 'float64' };
    const lower = to.value.toLowerCase();
    const dtype = named[lower] ?? (lower in dtypes ? (lower as DType) : undefined);
    if (dtype === undefined) unsupported(node, ctx.opset, `Type ${to.value}`);
    return [withAttributes(node, ['to'], { to: attr.int(dtypes[dtype].onnx) })];
  },
};

const concat: Upgrade = {
  ops: ['Concat'],
  below: 4,
  raise: (node) => [withAttributes(node, [], { axis: attr.int(intAttr(node, 'axis', 1)) })],
};

const reshape: Upgrade = {
  ops: ['Reshape'],
  below: 5,
  raise: (node, ctx) => [
    withAttributes(withInput(node, 1, intsConstant(node, ctx, 'shape', intsAttr(node, 'shape') ?? [])), [
      'consumed_inputs',
      'shape',
    ]),
  ],
};

const selu: Upgrade = {
  ops: ['Selu'],
  below: 6,
  raise: (node) => [
    withAttributes(node, ['consumed_inputs'], {
      alpha: attr.float(floatAttr(node, 'alpha', 1.6732)),
      gamma: attr.float(floatAttr(node, 'gamma', 1.0507)),
    }),
  ],
};

/** Repeats along one axis became repeats for every axis. */
const tile: Upgrade = {
  ops: ['Tile'],
  below: 6,
  raise: (node, ctx) => unsupported(node, ctx.opset, 'The form with an axis'),
};

const pad: Upgrade = {
  ops: ['Pad'],
  below: 2,
  raise(node, ctx) {
    const pads = intsConstant(node, ctx, 'pads', intsAttr(node, 'paddings') ?? []);
    const value = ctx.constant(
      `${node.name}/value`,
      tensor('float32', [], Float32Array.of(floatAttr(node, 'value', 0))),
    );
    return [withAttributes(withInput(withInput(node, 1, pads), 2, value), ['paddings', 'value'])];
  },
};

/** The power was a float. */
const power: Upgrade = {
  ops: ['GlobalLpPool', 'LpPool'],
  below: 2,
  raise: (node) => [withAttributes(node, [], { p: attr.int(Math.round(floatAttr(node, 'p', 2))) })],
};

/** Attributes without a meaning for inference. */
const silent: Upgrade = {
  ops: [
    ...['Abs', 'Ceil', 'Elu', 'Exp', 'Floor', 'Gemm', 'HardSigmoid', 'InstanceNormalization', 'LeakyRelu'],
    ...['Log', 'Max', 'Mean', 'Min', 'Neg', 'Reciprocal', 'Relu', 'Sigmoid', 'Sqrt', 'Sum', 'Tanh'],
  ],
  below: 7,
  raise: (node) => [withAttributes(node, ['broadcast', 'consumed_inputs'])],
};

export const legacy: readonly Upgrade[] = [
  broadcasting,
  cast,
  concat,
  pad,
  power,
  prelu,
  reshape,
  selu,
  silent,
  tile,
];
