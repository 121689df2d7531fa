// Recognises the exact GELU in its parts, in either order of its products.
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';
import { besideConstant, constantsKeepRank, isNear, isOp, otherOperand, scalarConstant } from './pattern.js';
import { unaryNode } from './unary-node.js';

export const fuseGelu: Pass = {
  name: 'fuse-gelu',
  summary: 'x * (1 + Erf(x / sqrt(2))) * 0.5 -> Unary(gelu)(x)',
  source: 'Hendrycks and Gimpel 2016, arXiv:1606.08415',
  needs: ['Erf'],
  run(graph) {
    const editor = new GraphEditor(graph);
    const inferred = typesWhenNeeded(graph);
    for (const node of editor.nodes) {
      const x = geluInput(editor, node);
      if (x === undefined || !constantsKeepRank(editor, inferred, x, node)) continue;
      const activation = { activation: 'gelu', alpha: 0, beta: 0 } as const;
      editor.replace([node], [unaryNode(editor, x, node.outputs, activation)]);
    }
    return editor.finish();
  },
};

/** The x of (x * gate) * 0.5, (x * 0.5) * gate or x * (gate * 0.5), gate = 1 + Erf(x / sqrt(2)). */
function geluInput(editor: GraphEditor, node: Node): string | undefined {
  const halved = half(editor, node);
  const product = halved === undefined ? undefined : editor.producer(halved);
  if (isOp(product, 'Mul')) return pairInput(editor, product.inputs[0], product.inputs[1]);
  if (!isOp(node, 'Mul')) return undefined;
  for (const value of node.inputs) {
    const inner = half(editor, editor.producer(value));
    const other = otherOperand(node, value);
    const x = inner !== undefined && other !== undefined ? pairInput(editor, inner, other) : undefined;
    if (x !== undefined) return x;
  }
  return undefined;
}

/** The other operand of a product with 0.5 (or of a quotient by 2). */
function half(editor: GraphEditor, node: Node | undefined): string | undefined {
  const found = isOp(node, 'Mul', 'Div') ? besideConstant(editor, node) : undefined;
  if (found === undefined || node === undefined) return undefined;
  const value = scalarConstant(editor, node.inputs[found[2]]);
  return value === (node.op === 'Mul' ? 0.5 : 2) && (node.op === 'Mul' || found[2] === 1)
    ? found[0]
    : undefined;
}

function pairInput(editor: GraphEditor, a: string, b: string): string | undefined {
  if (gateInput(editor, a) === b) return b;
  return gateInput(editor, b) === a ? a : undefined;
}

/** The x of 1 + Erf(x / sqrt(2)). */
function gateInput(editor: GraphEditor, value: string): string | undefined {
  const add = editor.producer(value);
  const plusOne = isOp(add, 'Add') ? besideConstant(editor, add) : undefined;
  if (plusOne === undefined || scalarConstant(editor, add!.inputs[plusOne[2]]) !== 1) return undefined;
  const erf = editor.producer(plusOne[0]);
  const scaled = isOp(erf, 'Erf') ? editor.producer(erf.inputs[0]) : undefined;
  const found = isOp(scaled, 'Mul', 'Div') ? besideConstant(editor, scaled) : undefined;
  if (found === undefined || scaled === undefined) return undefined;
  const factor = scalarConstant(editor, scaled.inputs[found[2]]);
  const fits =
    scaled.op === 'Mul' ? isNear(factor, Math.SQRT1_2) : found[2] === 1 && isNear(factor, Math.SQRT2);
  return fits ? found[0] : undefined;
}
