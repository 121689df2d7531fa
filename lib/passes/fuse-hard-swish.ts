// Recognises HardSigmoid and HardSwish in the parts that PyTorch and PaddlePaddle write them in.
import { attr } from '../graph/attribute.js';
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { floatAttr } from '../ops/op.js';
import { typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';
import {
  besideConstant,
  clipBounds,
  constantsKeepRank,
  isNear,
  isOp,
  otherOperand,
  scalarConstant,
} from './pattern.js';

export const fuseHardSwish: Pass = {
  name: 'fuse-hard-swish',
  summary:
    'clip(x + 3, 0, 6) / 6 -> HardSigmoid(x); x * clip(x + 3, 0, 6) / 6, x * HardSigmoid(x) -> HardSwish(x)',
  source: 'Howard et al. 2019, arXiv:1905.02244, section 5.2',
  needs: ['Mul', 'Div'],
  run(graph) {
    const editor = new GraphEditor(graph);
    const inferred = typesWhenNeeded(graph);
    for (const node of editor.nodes) {
      const made = sixth(editor, node) ?? product(editor, node);
      if (made !== undefined && constantsKeepRank(editor, inferred, made.inputs[0]!, node))
        editor.replace([node], [made]);
    }
    return editor.finish();
  },
};

/** y / 6 or y * (1 / 6): of clip(x + 3, 0, 6) a HardSigmoid, of x * clip(x + 3, 0, 6) a HardSwish. */
function sixth(editor: GraphEditor, node: Node): Node | undefined {
  const found = isOp(node, 'Mul', 'Div') ? besideConstant(editor, node) : undefined;
  if (found === undefined) return undefined;
  const factor = scalarConstant(editor, node.inputs[found[2]]);
  const isSixth = node.op === 'Mul' ? isNear(factor, 1 / 6) : found[2] === 1 && factor === 6;
  if (!isSixth) return undefined;
  const shifted = clippedShift(editor, found[0]);
  if (shifted !== undefined)
    return editor.newNode('HardSigmoid', [shifted], node.outputs, {
      alpha: attr.float(1 / 6),
      beta: attr.float(0.5),
    });
  const inner = editor.producer(found[0]);
  if (!isOp(inner, 'Mul')) return undefined;
  for (const clipped of inner.inputs) {
    const x = clippedShift(editor, clipped);
    if (x !== undefined && otherOperand(inner, clipped) === x)
      return editor.newNode('HardSwish', [x], node.outputs);
  }
  return undefined;
}

/** x * HardSigmoid(x) with slope 1/6 and offset 1/2. */
function product(editor: GraphEditor, node: Node): Node | undefined {
  if (!isOp(node, 'Mul')) return undefined;
  for (const gate of node.inputs) {
    const sigmoid = editor.producer(gate);
    if (!isOp(sigmoid, 'HardSigmoid') || otherOperand(node, gate) !== sigmoid.inputs[0]) continue;
    const [alpha, beta] = [floatAttr(sigmoid, 'alpha', 0.2), floatAttr(sigmoid, 'beta', 0.5)];
    if (isNear(alpha, 1 / 6) && isNear(beta, 0.5))
      return editor.newNode('HardSwish', [sigmoid.inputs[0]], node.outputs);
  }
  return undefined;
}

/** The x of clip(x + 3, 0, 6). */
function clippedShift(editor: GraphEditor, value: string): string | undefined {
  const clip = editor.producer(value);
  const bounds = clipBounds(editor, clip);
  if (clip === undefined || bounds?.[0] !== 0 || bounds[1] !== 6) return undefined;
  const add = editor.producer(clip.inputs[0]);
  const found = isOp(add, 'Add') ? besideConstant(editor, add) : undefined;
  return found !== undefined && scalarConstant(editor, add!.inputs[found[2]]) === 3 ? found[0] : undefined;
}
