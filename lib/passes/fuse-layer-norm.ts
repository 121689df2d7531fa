// Recognises LayerNormalization over the last axis in its parts.
import { attr } from '../graph/attribute.js';
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { intAttr, intsAttr } from '../ops/op.js';
import { toNumbers } from '../tensor/tensor.js';
import { type FixedSize, fixedSizes } from './fixed-sizes.js';
import { type InferredTypes, typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';
import { besideConstant, constantsKeepRank, isOp, otherOperand, scalarConstant } from './pattern.js';

export const fuseLayerNorm: Pass = {
  name: 'fuse-layer-norm',
  summary: 'd = x - mean(x); d / sqrt(mean(d^2) + eps) * gamma + beta -> LayerNormalization(x, gamma, beta)',
  source: 'Ba et al. 2016, arXiv:1607.06450; ONNX LayerNormalization-17',
  needs: ['ReduceMean'],
  run(graph) {
    const editor = new GraphEditor(graph);
    const types = typesWhenNeeded(graph);
    const fixed = fixedSizes(graph, types);
    for (const node of editor.nodes) {
      const found = match(editor, node, types, fixed);
      if (found === undefined) continue;
      const { x, gamma, beta, epsilon } = found;
      const attributes = { axis: attr.int(-1), epsilon: attr.float(epsilon) };
      editor.replace(
        [node],
        [editor.newNode('LayerNormalization', [x, gamma, beta], node.outputs, attributes)],
      );
    }
    return editor.finish();
  },
};

interface Found {
  readonly x: string;
  readonly gamma: string;
  readonly beta: string;
  readonly epsilon: number;
}

function match(
  editor: GraphEditor,
  add: Node,
  types: () => InferredTypes,
  fixed: FixedSize,
): Found | undefined {
  const beta = isOp(add, 'Add') ? besideConstant(editor, add) : undefined;
  const scaled = beta && editor.producer(beta[0]);
  const gamma = isOp(scaled, 'Mul') ? besideConstant(editor, scaled) : undefined;
  const normalised = gamma && editor.producer(gamma[0]);
  if (beta === undefined || gamma === undefined || scaled === undefined || !isOp(normalised, 'Div'))
    return undefined;
  const centred = editor.producer(normalised.inputs[0]);
  const epsilon = epsilonOfDeviation(editor, normalised.inputs[1], normalised.inputs[0], types);
  if (!isOp(centred, 'Sub') || epsilon === undefined) return undefined;
  const [x, mean] = centred.inputs;
  if (meanOverLastAxis(editor, mean, types) !== x) return undefined;
  const vectors = [gamma[1], beta[1]].every((c) => c.dims.length === 1 && c.dims[0] === gamma[1].data.length);
  // Were the axis of size 1, gamma and beta would make it longer.
  if (!vectors || fixed(x, -1) !== gamma[1].data.length) return undefined;
  if (!constantsKeepRank(editor, types, x, add)) return undefined;
  return { x, gamma: scaled.inputs[gamma[2]], beta: add.inputs[beta[2]], epsilon };
}

/** The epsilon of sqrt(mean(d^2) + epsilon). */
function epsilonOfDeviation(
  editor: GraphEditor,
  value: string,
  centred: string,
  types: () => InferredTypes,
): number | undefined {
  const root = editor.producer(value);
  const sum = isOp(root, 'Sqrt') ? editor.producer(root.inputs[0]) : undefined;
  const found = isOp(sum, 'Add') ? besideConstant(editor, sum) : undefined;
  const epsilon = found && scalarConstant(editor, sum!.inputs[found[2]]);
  const squares = found && meanOverLastAxis(editor, found[0], types);
  return squares !== undefined && isSquare(editor, squares, centred) ? epsilon : undefined;
}

function isSquare(editor: GraphEditor, value: string, of: string): boolean {
  const node = editor.producer(value);
  if (isOp(node, 'Pow')) return node.inputs[0] === of && scalarConstant(editor, node.inputs[1]) === 2;
  return (
    isOp(node, 'Mul') &&
    node.inputs[0] === of &&
    otherOperand(node, of) === undefined &&
    node.inputs[1] === of
  );
}

/** The x of ReduceMean(x) over exactly the last axis, keeping it. */
function meanOverLastAxis(
  editor: GraphEditor,
  value: string,
  inferred: () => InferredTypes,
): string | undefined {
  const node = editor.producer(value);
  if (!isOp(node, 'ReduceMean') || intAttr(node, 'keepdims', 1) !== 1) return undefined;
  const constant = editor.constant(node.inputs[1] ?? '');
  const axes = constant === undefined ? intsAttr(node, 'axes') : [...toNumbers(constant)];
  const rank = inferred().types.get(node.inputs[0])?.dims.length;
  if (axes?.length !== 1 || rank === undefined) return undefined;
  return axes[0] === -1 || axes[0] === rank - 1 ? node.inputs[0] : undefined;
}
