// What passes ask about the surroundings of a node: constant operands, the operand beside a constant, a sole user.
import type { Node } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import type { InferredTypes } from './infer-types.js';

/** True for a node of ai.onnx with this operator. */
export const isOp = <T extends string>(
  node: Node | undefined,
  ...names: readonly T[]
): node is Node & { readonly op: T } =>
  node !== undefined && node.domain === '' && (names as readonly string[]).includes(node.op);

/** The one number of a constant of one element, of any rank: see constantsKeepRank(). */
export function scalarConstant(editor: GraphEditor, name: string | undefined): number | undefined {
  const value = name === undefined ? undefined : editor.constant(name);
  return value?.data.length === 1 && value.dtype === 'float32' ? toNumbers(value)[0] : undefined;
}

const arithmetic = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow']);

/**
 * Whether the output of `node`, which depends on x and constants only, has no more axes than x: a constant operand that has
 * more gives them to the result, even with one element.
 */
export function constantsKeepRank(
  editor: GraphEditor,
  inferred: () => InferredTypes,
  x: string,
  node: Node,
): boolean {
  let most = 0;
  const between = new Set([node]);
  // Nodes are added while the loop runs.
  for (const { op, inputs } of between)
    for (const name of arithmetic.has(op) ? inputs : inputs.slice(0, 1)) {
      if (name === x) continue;
      const producer = editor.producer(name);
      if (producer !== undefined) between.add(producer);
      most = Math.max(most, editor.constant(name)?.dims.length ?? 0);
    }
  return most === 0 || most <= (inferred().types.get(x)?.dims.length ?? 0);
}

/** The operands of a binary node with exactly one constant: [the other one, the constant, index of the constant]. */
export function besideConstant(
  editor: GraphEditor,
  node: Node,
): readonly [string, TensorValue, number] | undefined {
  const [a, b] = node.inputs;
  const [ca, cb] = [editor.constant(a), editor.constant(b)];
  if (ca === undefined && cb !== undefined) return [a, cb, 1];
  if (cb === undefined && ca !== undefined) return [b, ca, 0];
  return undefined;
}

/** The operand of a commutative binary node that is not `value`; undefined when neither or both are. */
export function otherOperand(node: Node, value: string): string | undefined {
  const [a, b] = node.inputs;
  if (a === value && b !== value) return b;
  if (b === value && a !== value) return a;
  return undefined;
}

/** The only node that uses `value`; undefined when others or the graph's outputs do. */
export function soleUser(editor: GraphEditor, value: string): Node | undefined {
  const [user] = editor.consumers(value);
  return user !== undefined && editor.isOnlyUsedBy(value, user) ? user : undefined;
}

/** Equal to float32 precision: how constants such as 1/6 are recognised. */
export const isNear = (a: number | undefined, b: number): boolean =>
  a !== undefined && Math.abs(a - b) <= Math.abs(b) * 1e-6;

/** The bounds of a Clip with constant bounds; infinite where absent; undefined when one is not constant. */
export function clipBounds(
  editor: GraphEditor,
  node: Node | undefined,
): readonly [number, number] | undefined {
  if (isOp(node, 'Relu')) return [0, Number.POSITIVE_INFINITY];
  if (!isOp(node, 'Clip')) return undefined;
  const bound = (name: string | undefined, absent: number): number | undefined =>
    name === undefined || name === '' ? absent : scalarConstant(editor, name);
  const low = bound(node.inputs[1], Number.NEGATIVE_INFINITY);
  const high = bound(node.inputs[2], Number.POSITIVE_INFINITY);
  return low === undefined || high === undefined ? undefined : [low, high];
}
