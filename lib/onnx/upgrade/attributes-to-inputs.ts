// Operators whose parameters were attributes in older opsets and are inputs now.
import { attr } from '../../graph/attribute.js';
import { floatAttr, intAttr, intsAttr } from '../../ops/op.js';
import { tensor } from '../../tensor/tensor.js';
import { floatScalar, intsConstant, type Upgrade, withAttributes, withInput } from './upgrade.js';

/** One int64 attribute becomes the input at `at`; where the attribute is absent so is the input. */
const intsToInput = (ops: readonly string[], below: number, name: string, at: number): Upgrade => ({
  ops,
  below,
  raise(node, ctx) {
    const values = intsAttr(node, name);
    if (values === undefined) return [node];
    return [withAttributes(withInput(node, at, intsConstant(node, ctx, name, values)), [name])];
  },
});

const clip: Upgrade = {
  ops: ['Clip'],
  below: 11,
  raise(node, ctx) {
    let raised = withAttributes(node, ['consumed_inputs', 'max', 'min']);
    const before = [];
    for (const [at, name] of [
      [1, 'min'],
      [2, 'max'],
    ] as const) {
      if (node.attributes[name] === undefined) continue;
      const bound = floatAttr(node, name);
      const scalar = floatScalar(node, ctx, name, bound, node.inputs[0]!);
      before.push(...scalar.nodes);
      raised = withInput(raised, at, scalar.name);
    }
    return [...before, raised];
  },
};

const pad: Upgrade = {
  ops: ['Pad'],
  below: 11,
  raise(node, ctx) {
    const pads = intsAttr(node, 'pads') ?? [];
    const value = floatAttr(node, 'value', 0);
    const raised = withInput(
      withAttributes(node, ['pads', 'value']),
      1,
      intsConstant(node, ctx, 'pads', pads),
    );
    if (value === 0) return [raised];
    const scalar = floatScalar(node, ctx, 'value', value, node.inputs[0]!);
    return [...scalar.nodes, withInput(raised, 2, scalar.name)];
  },
};

const slice: Upgrade = {
  ops: ['Slice'],
  below: 10,
  raise(node, ctx) {
    const starts = intsAttr(node, 'starts') ?? [];
    const axes = intsAttr(node, 'axes') ?? starts.map((_, i) => i);
    const ends = intsAttr(node, 'ends') ?? [];
    const named = { starts, ends, axes };
    const inputs = Object.entries(named).map(([name, values]) => intsConstant(node, ctx, name, values));
    return [{ ...withAttributes(node, Object.keys(named)), inputs: [node.inputs[0]!, ...inputs] }];
  },
};

const topK: Upgrade = {
  ops: ['TopK'],
  below: 10,
  raise(node, ctx) {
    const k = intAttr(node, 'k', 0);
    return [withAttributes(withInput(node, 1, intsConstant(node, ctx, 'k', [k])), ['k'])];
  },
};

/** The ratio matters to training only; it is always float32. */
const dropout: Upgrade = {
  ops: ['Dropout'],
  below: 12,
  raise(node, ctx) {
    const ratio = tensor('float32', [], Float32Array.of(floatAttr(node, 'ratio', 0.5)));
    const dropped = ['consumed_inputs', 'is_test', 'ratio'];
    return [withAttributes(withInput(node, 1, ctx.constant(`${node.name}/ratio`, ratio)), dropped)];
  },
};

/** Below 18 a Split without sizes splits evenly; from 18 on the number of parts must be said. */
const split: Upgrade = {
  ops: ['Split'],
  below: 18,
  raise(node, ctx) {
    const sizes = ctx.opset < 13 ? intsAttr(node, 'split') : undefined;
    const bare = withAttributes(node, ['split']);
    if (sizes !== undefined && sizes.length > 0)
      return [withInput(bare, 1, intsConstant(node, ctx, 'split', sizes))];
    if (node.inputs[1]) return [bare];
    return [withAttributes(bare, [], { num_outputs: attr.int(node.outputs.length) })];
  },
};

export const attributesToInputs: readonly Upgrade[] = [
  clip,
  dropout,
  pad,
  slice,
  split,
  topK,
  intsToInput(['Squeeze', 'Unsqueeze', 'ReduceSum'], 13, 'axes', 1),
  intsToInput(
    [
      'ReduceL1',
      'ReduceL2',
      'ReduceLogSum',
      'ReduceLogSumExp',
      'ReduceMax',
      'ReduceMean',
      'ReduceMin',
      'ReduceProd',
      'ReduceSumSquare',
    ],
    18,
    'axes',
    1,
  ),
];
