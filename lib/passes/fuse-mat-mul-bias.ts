// Moves a bias per column into the matrix product before it.
import { GraphEditor } from '../graph/rewrite.js';
import type { Pass } from './pass.js';
import { besideConstant, isOp } from './pattern.js';
import { isDequantize } from './quantized-value.js';

export const fuseMatMulBias: Pass = {
  name: 'fuse-mat-mul-bias',
  summary: 'MatMul(A, B) + c -> FusedMatMul(A, B, c)',
  source: 'the step matmul_f32 adds a bias per column for free',
  needs: ['MatMul'],
  run(graph) {
    const editor = new GraphEditor(graph);
    for (const add of editor.nodes) {
      const found = isOp(add, 'Add') ? besideConstant(editor, add) : undefined;
      const product = found && editor.producer(found[0]);
      if (found === undefined || !isOp(product, 'MatMul') || !editor.isOnlyUsedBy(found[0], add)) continue;
      const [, bias] = found;
      // Rank 1 on either side drops a dimension: such a sum could raise the rank again.
      const columns = columnsOf(editor, product.inputs[1]);
      if (bias.dims.length !== 1 || columns === undefined || bias.dims[0] !== columns) continue;
      const inputs = [...product.inputs, add.inputs[found[2]]];
      editor.replace(
        [product, add],
        [{ ...product, op: 'FusedMatMul', domain: 'ai.kompakt', inputs, outputs: add.outputs }],
      );
    }
    return editor.finish();
  },
};

/** Columns of a right-hand matrix that is constant, also behind a DequantizeLinear. */
function columnsOf(editor: GraphEditor, name: string): number | undefined {
  const producer = editor.producer(name);
  const stored = isDequantize(producer) ? producer.inputs[0] : name;
  const dims = editor.constant(stored)?.dims;
  return dims !== undefined && dims.length >= 2 ? dims[dims.length - 1] : undefined;
}
