// Removes nodes that pass their input on unchanged.
import type { Node, ValueInfo } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { intAttr, intsAttr } from '../ops/op.js';
import type { DType } from '../tensor/dtype.js';
import { dtypeFromOnnx } from '../tensor/dtype.js';
import { sameDims } from '../tensor/shape.js';
import { toNumbers } from '../tensor/tensor.js';
import { bypass } from './bypass.js';
import { hasExactInputs, type InferredTypes, typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';

/** `exact`: all dimensions of the graph's inputs are known. */
type IsIdentity = (node: Node, editor: GraphEditor, inferred: () => InferredTypes, exact: boolean) => boolean;

/** Operators of ai.onnx that are common before a Reshape, and whose output has as many axes as input 0 or more. */
const keepAxes = new Set(
  'Add AveragePool BatchNormalization Clip Conv DequantizeLinear GlobalAveragePool MaxPool Mul QuantizeLinear Relu Transpose'.split(
    ' ',
  ),
);

const castType = (node: Node): DType => dtypeFromOnnx(intAttr(node, 'to'), `Cast node '${node.name}'`);

/** Operators of ai.onnx in shape arithmetic whose output has the element type of input 0. */
const keepType = new Set('Add Concat Div Gather Mul Reshape Slice Squeeze Sub Unsqueeze'.split(' '));

/** The element type of a value where few nodes tell it, as they do in shape arithmetic. */
function elementType(editor: GraphEditor, name: string): DType | undefined {
  let node = editor.producer(name);
  for (; node?.domain === '' && keepType.has(node.op); node = editor.producer(name)) name = node.inputs[0]!;
  if (node === undefined) return (editor.constant(name) ?? declared(editor.input(name)))?.dtype;
  if (node.domain !== '') return undefined;
  if (node.op === 'Cast') return castType(node);
  return node.op === 'Shape' || node.op === 'Size' ? 'int64' : undefined;
}

const declared = (input: ValueInfo | undefined): ValueInfo | undefined =>
  input?.undeclared || input?.container !== undefined ? undefined : input;

/** How many axes a value has at least. */
function leastRank(editor: GraphEditor, name: string): number {
  for (let node = editor.producer(name); node !== undefined; node = editor.producer(name)) {
    if (node.domain !== '' || !keepAxes.has(node.op)) return 0;
    name = node.inputs[0]!;
  }
  return editor.input(name)?.dims?.length ?? 0;
}

/** How many axes output 0 has at most. */
function mostRank(node: Node, editor: GraphEditor): number {
  if (node.op === 'Flatten') return 2;
  const target = node.op === 'Reshape' ? editor.constant(node.inputs[1] ?? '') : undefined;
  return target?.data.length ?? Number.POSITIVE_INFINITY;
}

/** Nearly always something changes, which the number of axes tells without the types of all values. */
const keepsDims: IsIdentity = (node, editor, inferred, exact) => {
  if (!exact || leastRank(editor, node.inputs[0]!) > mostRank(node, editor)) return false;
  const { types } = inferred();
  const [x, y] = [types.get(node.inputs[0]), types.get(node.outputs[0])];
  return x !== undefined && y !== undefined && sameDims(x.dims, y.dims);
};

/** By operator of ai.onnx: when output 0 equals input 0. */
const identities: Readonly<Record<string, IsIdentity>> = {
  Identity: () => true,
  Dropout: (node, editor) => {
    const training = editor.constant(node.inputs[2] ?? '');
    const maskUnused = (node.outputs[1] ?? '') === '' || editor.consumers(node.outputs[1]).length === 0;
    const inference =
      (node.inputs[2] ?? '') === '' || (training !== undefined && toNumbers(training)[0] === 0);
    return inference && maskUnused && !editor.isGraphOutput(node.outputs[1] ?? '');
  },
  Cast: (node, editor, inferred) =>
    (elementType(editor, node.inputs[0]!) ?? inferred().types.get(node.inputs[0]!)?.dtype) === castType(node),
  Transpose: (node) => intsAttr(node, 'perm')?.every((axis, i) => axis === i) ?? false,
  Pad: (node, editor) => {
    const pads = editor.constant(node.inputs[1] ?? '');
    return pads !== undefined && toNumbers(pads).every((p) => p === 0);
  },
  Concat: (node) => node.inputs.length === 1,
  Sum: (node) => node.inputs.length === 1,
  Reshape: keepsDims,
  Flatten: keepsDims,
  Expand: keepsDims,
};

export const dropIdentity: Pass = {
  name: 'drop-identity',
  summary: 'Identity(x), Dropout(x), Cast to its own type, Reshape to its own shape... -> x',
  source: 'ONNX operator specification: these pass input 0 on at inference',
  needs: Object.keys(identities),
  run(graph) {
    const editor = new GraphEditor(graph);
    const types = typesWhenNeeded(graph);
    const exact = hasExactInputs(graph);
    for (const node of editor.nodes) {
      const isIdentity = node.domain === '' ? identities[node.op] : undefined;
      if (isIdentity?.(node, editor, types, exact)) bypass(editor, node, node.inputs[0]);
    }
    return editor.finish();
  },
};
