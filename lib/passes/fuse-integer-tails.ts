// Moves what follows an integer convolution into it: a quantised sum (residual) and tables. Same bytes: QConv does
// the very steps that the separate operators do.
import type { Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { intAttr } from '../ops/op.js';
import { dtypeFromOnnx } from '../tensor/dtype.js';
import { sameDims } from '../tensor/shape.js';
import { bypass } from './bypass.js';
import { composed } from './byte-table.js';
import { type InferredTypes, typesWhenNeeded } from './infer-types.js';
import type { Pass } from './pass.js';
import { soleUser } from './pattern.js';

// Inputs of QConv.
const Y_ZERO = 7;
const RESIDUAL = 9;
const SUM_ZERO = 13;
const TABLE = 14;

export const fuseIntegerTails: Pass = {
  name: 'fuse-integer-tails',
  summary:
    'QTable(QLinearAdd(QConv(x), r)) -> QConv(x, residual r, table), as for QLinearConv; QTable(QTable(x)) -> QTable(x)',
  source: 'step contract of conv_u8: requantise, add as add_u8, look up',
  needs: ['com.microsoft:QLinearAdd', 'ai.kompakt:QTable'],
  run(graph) {
    const editor = new GraphEditor(graph);
    const types = typesWhenNeeded(graph);
    for (const node of editor.nodes) {
      if (node.domain === 'com.microsoft' && node.op === 'QLinearAdd') mergeSum(editor, node, types);
      else if (isTable(node) && !dropTable(editor, node, types)) mergeTable(editor, node);
    }
    return editor.finish();
  },
};

const isTable = (node: Node | undefined): node is Node & { readonly op: 'QTable' } =>
  node?.domain === 'ai.kompakt' && node.op === 'QTable';

/** A QConv, or the QLinearConv that is its beginning, with 8-bit output and nothing fused at or behind `from`. */
const openConv = (node: Node | undefined, from: number): node is Node =>
  ((node?.domain === 'ai.kompakt' && node.op === 'QConv') ||
    (node?.domain === '' && node.op === 'QLinearConv')) &&
  (node.inputs[Y_ZERO] ?? '') !== '' &&
  node.inputs.slice(from).every((name) => name === '');

/** `conv` with these inputs and outputs; only the operator of our own has room for tails. */
const withTail = (conv: Node, inputs: readonly string[], outputs: readonly string[]): Node => ({
  ...conv,
  op: 'QConv',
  domain: 'ai.kompakt',
  inputs,
  outputs,
});

const padded = (inputs: readonly string[], length: number): string[] => [
  ...inputs,
  ...new Array<string>(Math.max(0, length - inputs.length)).fill(''),
];

function mergeSum(editor: GraphEditor, add: Node, inferred: () => InferredTypes): void {
  const operands = [add.inputs.slice(0, 3), add.inputs.slice(3, 6)];
  // The later operand first: the other one is then ready when the convolution runs.
  for (const [own, other] of [
    [operands[1], operands[0]],
    [operands[0], operands[1]],
  ]) {
    const conv = editor.producer(own[0]);
    if (!openConv(conv, RESIDUAL) || soleUser(editor, own[0]) !== add || own[0] === other[0]) continue;
    const { types } = inferred();
    // Sizes may be stand-ins: this is a guess. A residual that broadcasts after all is a sum of its own in the plan.
    const [x, y] = [types.get(own[0]), types.get(other[0])];
    if (x === undefined || y === undefined || !sameDims(x.dims, y.dims)) continue;
    if (!sameConstant(editor, conv.inputs[Y_ZERO - 1], own[1])) continue;
    if (!sameConstant(editor, conv.inputs[Y_ZERO], own[2])) continue;
    const inputs = [...padded(conv.inputs, RESIDUAL), ...other, add.inputs[6], add.inputs[7] ?? ''];
    if (inputs.slice(RESIDUAL).includes('')) continue;
    editor.replace([conv, add], [withTail(conv, inputs, add.outputs)]);
    return;
  }
}

function sameConstant(editor: GraphEditor, a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [editor.constant(a), editor.constant(b)];
  return x !== undefined && x.dtype === y?.dtype && x.data[0] === y.data[0];
}

/** Takes out a table that changes nothing. */
function dropTable(editor: GraphEditor, node: Node, inferred: () => InferredTypes): boolean {
  const table = editor.constant(node.inputs[1]);
  const to = dtypeFromOnnx(intAttr(node, 'to'), `QTable node '${node.name}'`);
  if (table === undefined || !(table.data as Uint8Array).every((byte, i) => byte === i)) return false;
  return inferred().types.get(node.inputs[0])?.dtype === to && bypass(editor, node, node.inputs[0]);
}

function mergeTable(editor: GraphEditor, node: Node): void {
  const [x, name] = node.inputs;
  const producer = editor.producer(x);
  const table = editor.constant(name);
  if (producer === undefined || table === undefined || soleUser(editor, x) !== node) return;
  if (isTable(producer)) {
    const first = editor.constant(producer.inputs[1]);
    if (first === undefined) return;
    const joined = editor.addConstant(name, composed(first, table));
    editor.replace([producer, node], [{ ...node, inputs: [producer.inputs[0], joined] }]);
    return;
  }
  if (!openConv(producer, TABLE)) return;
  const zero = editor.constant(producer.inputs[SUM_ZERO] || producer.inputs[Y_ZERO]);
  const to = dtypeFromOnnx(intAttr(node, 'to'), `QTable node '${node.name}'`);
  if (zero?.dtype !== to) return;
  const inputs = [...padded(producer.inputs, TABLE), name];
  editor.replace([producer, node], [withTail(producer, inputs, node.outputs)]);
}
