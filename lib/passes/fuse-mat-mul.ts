// Makes Gemm and MatMul one operator, with room for an activation.
import { attr } from '../graph/attribute.js';
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { floatAttr, intAttr } from '../ops/op.js';
import { f32, toNumbers } from '../tensor/tensor.js';
import type { Pass } from './pass.js';
import { isOp } from './pattern.js';

export const fuseMatMul: Pass = {
  name: 'fuse-mat-mul',
  summary: 'Gemm(A, B, C), MatMul(A, B) -> FusedMatMul(A, B, C)',
  source: 'Gemm is alpha * A B + beta * C: alpha becomes the factor, beta goes into a constant C',
  needs: ['MatMul', 'Gemm'],
  run(graph) {
    const editor = new GraphEditor(graph);
    for (const node of editor.nodes) {
      const inputs = isOp(node, 'MatMul')
        ? node.inputs
        : isOp(node, 'Gemm')
          ? gemmInputs(editor, node)
          : undefined;
      if (inputs === undefined) continue;
      const attributes: Node['attributes'] = isOp(node, 'Gemm')
        ? {
            factor: attr.float(floatAttr(node, 'alpha', 1)),
            transA: attr.int(intAttr(node, 'transA', 0)),
            transB: attr.int(intAttr(node, 'transB', 0)),
          }
        : {};
      editor.replace([node], [{ ...node, op: 'FusedMatMul', domain: 'ai.kompakt', inputs, attributes }]);
    }
    return editor.finish();
  },
};

/** Inputs with C as one value per column, times beta; undefined when C is something else. */
function gemmInputs(editor: GraphEditor, gemm: Node): readonly string[] | undefined {
  const name = gemm.inputs[2] ?? '';
  if (name === '') return gemm.inputs.slice(0, 2);
  const c = editor.constant(name);
  const b = editor.constant(gemm.inputs[1]);
  if (c?.dtype !== 'float32' || b === undefined) return undefined;
  const columns = b.dims[intAttr(gemm, 'transB', 0) === 1 ? 0 : 1];
  const beta = floatAttr(gemm, 'beta', 1);
  const perColumn =
    c.data.length === 1 || (c.data.length === columns && c.dims[c.dims.length - 1] === columns);
  if (!perColumn) return undefined;
  if (beta === 1 && c.dims.length === 1 && c.data.length === columns) return gemm.inputs;
  const values = toNumbers(c);
  const bias = Float32Array.from({ length: columns }, (_, i) => beta * values[values.length === 1 ? 0 : i]);
  return [...gemm.inputs.slice(0, 2), editor.addConstant(name, f32([columns], bias))];
}
