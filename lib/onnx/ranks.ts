// Ranks of values, as far as they are plain from node to node: enough to tell whether an old Softmax works on the
// last axis. What is not known here is handled by the general form.
import type { Node } from '../graph/graph.js';
import type { TensorValue } from '../tensor/tensor.js';

type Rank = number | undefined;
type RankRule = (
  node: Node,
  rank: (i: number) => Rank,
  value: (i: number) => TensorValue | undefined,
) => Rank;

const asInput: RankRule = (_, rank) => rank(0);
const broadcast: RankRule = (node, rank) => {
  const ranks = node.inputs.map((_, i) => rank(i));
  return ranks.includes(undefined) ? undefined : (ranks as number[]).reduce((a, b) => Math.max(a, b), 0);
};

const rules = new Map<string, RankRule>();
const add = (ops: string, rule: RankRule) => {
  for (const op of ops.split(' ')) rules.set(op, rule);
};
add(
  'Relu Sigmoid Tanh LeakyRelu Elu Selu PRelu Clip HardSigmoid HardSwish Softplus Exp Log Sqrt Abs Neg',
  asInput,
);
add('Dropout Identity Cast BatchNormalization InstanceNormalization LRN LayerNormalization', asInput);
add('Conv ConvTranspose MaxPool AveragePool GlobalMaxPool GlobalAveragePool Pad Concat Slice Split', asInput);
add('Softmax LogSoftmax Transpose Tile Resize QuantizeLinear DequantizeLinear', asInput);
add('Add Sub Mul Div Pow Max Min Sum Where', broadcast);
add('Gemm Flatten', () => 2);
add('MatMul', (_, rank) => {
  const [a, b] = [rank(0), rank(1)];
  return a !== undefined && b !== undefined && a >= 2 && b >= 2 ? Math.max(a, b) : undefined;
});
add('Reshape', (_, __, value) => value(1)?.data.length);
add('Squeeze', (_, rank, value) => shifted(rank(0), value(1), -1));
add('Unsqueeze', (_, rank, value) => shifted(rank(0), value(1), 1));

const shifted = (rank: Rank, axes: TensorValue | undefined, by: number): Rank =>
  rank === undefined || axes === undefined ? undefined : rank + by * axes.data.length;

/** Rank of the first output of a canonical node. */
export function rankAfter(
  node: Node,
  rankOf: (name: string) => Rank,
  constantOf: (name: string) => TensorValue | undefined,
): Rank {
  if (node.domain !== '') return undefined;
  return rules.get(node.op)?.(
    node,
    (i) => rankOf(node.inputs[i] ?? ''),
    (i) => constantOf(node.inputs[i] ?? ''),
  );
}
