// Removes nodes that pass their input on unchanged.
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { intAttr, intsAttr } from '../ops/op.js';
import { dtypeFromOnnx } from '../tensor/dtype.js';
import { sameDims } from '../tensor/shape.js';
import { toNumbers } from '../tensor/tensor.js';
import { bypass } from './bypass.js';
import { type InferredTypes, typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';

type IsIdentity = (node: Node, editor: GraphEditor, inferred: () => InferredTypes) => boolean;

const keepsDims: IsIdentity = (node, _, inferred) => {
  const { types, exact } = inferred();
  const [x, y] = [types.get(node.inputs[0]), types.get(node.outputs[0])];
  return exact && x !== undefined && y !== undefined && sameDims(x.dims, y.dims);
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
  Cast: (node, _, inferred) =>
    inferred().types.get(node.inputs[0])?.dtype ===
    dtypeFromOnnx(intAttr(node, 'to'), `Cast node '${node.name}'`),
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
    for (const node of editor.nodes) {
      const isIdentity = node.domain === '' ? identities[node.op] : undefined;
      if (isIdentity?.(node, editor, types)) bypass(editor, node, node.inputs[0]);
    }
    return editor.finish();
  },
};
