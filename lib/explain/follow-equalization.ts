// Equalisation moves factors between neighbouring layers: the compressed model is then exact with values of another size than
// the original's. So that this does not count as noise, the original is given the factors that the weights show.
import type { Graph, Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { isOp, soleUser } from '../passes/pattern.js';
import { f32, type TensorValue, toNumbers } from '../tensor/tensor.js';
import type { LayerPair } from './layers.js';
import { channelOf, type StoredWeights, weightsOf } from './weights.js';

/** A factor this near to 1 is rounding. */
const negligible = 0.02;
/** How far the factors of two neighbours may be from undoing each other. */
const tolerance = 0.05;

/** The original with the factors of the compressed model; the same graph when there are none. */
export function followEqualization(original: Graph, compressed: Graph, pairs: readonly LayerPair[]): Graph {
  const [editor, other] = [new GraphEditor(original), new GraphEditor(compressed)];
  const twins = new Map(
    pairs.flatMap(({ original: a, compressed: b }) =>
      a.node && b.node ? [[a.node.name, b.node] as const] : [],
    ),
  );
  const factorsOf = (node: Node): Float64Array | undefined => {
    const twin = twins.get(node.name);
    return twin && channelFactors(weightsOf(editor, node), weightsOf(other, twin));
  };
  for (const node of original.nodes) {
    const current = [...editor.nodes].find(({ name }) => name === node.name);
    if (current === undefined || !isOp(current, 'Conv')) continue;
    const next = depthwiseBehind(editor, current.outputs[0]!);
    const [first, second] = [factorsOf(current), next && factorsOf(next)];
    if (next === undefined || first === undefined || second === undefined || first.length !== second.length)
      continue;
    const moved = first.some((f) => Math.abs(f - 1) > negligible);
    if (!moved || !first.every((f, c) => f > 0 && Math.abs(f * second[c]! - 1) < tolerance)) continue;
    scale(editor, current, [1, 2], first);
    scale(
      editor,
      next,
      [1],
      first.map((f) => 1 / f),
    );
  }
  return editor.finish();
}

/** The depthwise convolution that alone reads a value, directly or behind what scales with its input. */
function depthwiseBehind(editor: GraphEditor, value: string): Node | undefined {
  const user = soleUser(editor, value);
  if (isOp(user, 'Relu', 'LeakyRelu')) return depthwiseBehind(editor, user.outputs[0]!);
  const weight =
    isOp(user, 'Conv') && user.inputs[0] === value ? editor.constant(user.inputs[1]!) : undefined;
  const group = user?.attributes.group?.value;
  return weight?.dims[1] === 1 && weight.dims[0] === group ? user : undefined;
}

/** By least squares, for each output channel; 1 for one without weights. */
function channelFactors(
  a: StoredWeights | undefined,
  b: StoredWeights | undefined,
): Float64Array | undefined {
  if (a === undefined || b === undefined || a.values.length !== b.values.length) return undefined;
  const channel = channelOf(a.dims, a.axis);
  const [dot, square] = [new Float64Array(a.dims[a.axis]!), new Float64Array(a.dims[a.axis]!)];
  a.values.forEach((v, i) => {
    dot[channel(i)]! += v * b.values[i]!;
    square[channel(i)]! += v * v;
  });
  return dot.map((d, c) => (square[c] === 0 || d === 0 ? 1 : d / square[c]!));
}

/** Multiplies constant inputs channel by channel. */
function scale(editor: GraphEditor, node: Node, which: readonly number[], by: Float64Array): void {
  const inputs = node.inputs.map((name, i) => {
    const value = which.includes(i) ? editor.constant(name) : undefined;
    return value === undefined ? name : editor.addConstant(`${name}_scaled`, scaled(value, by));
  });
  editor.replace([node], [{ ...node, inputs }]);
}

function scaled(value: TensorValue, by: Float64Array): TensorValue {
  const size = value.data.length / Math.max(1, by.length);
  return f32(
    value.dims,
    toNumbers(value).map((v, i) => v * by[Math.floor(i / size)]!),
  );
}
