// The contract of an upgrade: how nodes of one operator, from files below some opset, become canonical nodes.
import { KompaktError } from '../../errors.js';
import type { Attribute, Node } from '../../graph/graph.js';
import { type DType, dtypes } from '../../tensor/dtype.js';
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import { saturateInt64 } from '../int64.js';

export interface UpgradeContext {
  /** Opset of the file (or model-local function) that the node comes from. */
  readonly opset: number;
  /** Adds a constant and returns its name. */
  constant(hint: string, value: TensorValue): string;
  constantValue(name: string): TensorValue | undefined;
  /** A fresh name for a value. */
  fresh(hint: string): string;
  rankOf(name: string): number | undefined;
  /** Element type of a floating point value, when it is certain. */
  floatTypeOf(name: string): DType | undefined;
}

export interface Upgrade {
  readonly ops: readonly string[];
  /** Applies to files with a smaller opset. */
  readonly below: number;
  readonly raise: (node: Node, ctx: UpgradeContext) => readonly Node[];
}

/** The node with other attributes: those named are removed, those in `add` are set. */
export function withAttributes(
  node: Node,
  remove: readonly string[],
  add: Readonly<Record<string, Attribute>> = {},
): Node {
  const kept = Object.entries(node.attributes).filter(([name]) => !remove.includes(name));
  return { ...node, attributes: { ...Object.fromEntries(kept), ...add } };
}

/** The node with input `at` set, and inputs between absent. */
export function withInput(node: Node, at: number, name: string): Node {
  const inputs = Array.from({ length: Math.max(at + 1, node.inputs.length) }, (_, i) => node.inputs[i] ?? '');
  inputs[at] = name;
  return { ...node, inputs };
}

/** A new node that helps `node`: one output, named freshly after it. */
export function helper(
  node: Node,
  ctx: UpgradeContext,
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Node {
  const name = ctx.fresh(`${node.name}/${op}`);
  return { name, op, domain: '', inputs, outputs: [name], attributes };
}

/** Rank-1 int64 constant; "to the end" values past int64 saturate. */
export function intsConstant(
  node: Node,
  ctx: UpgradeContext,
  hint: string,
  values: readonly number[],
): string {
  const data = BigInt64Array.from(values, saturateInt64);
  return ctx.constant(`${node.name}/${hint}`, tensor('int64', [values.length], data));
}

/** A float scalar of the type of value `like`; a CastLike is put before the node where that type is not certain. */
export function floatScalar(
  node: Node,
  ctx: UpgradeContext,
  hint: string,
  value: number,
  like: string,
): { readonly name: string; readonly nodes: readonly Node[] } {
  const scalar = tensor('float32', [], Float32Array.of(value));
  const name = ctx.constant(`${node.name}/${hint}`, scalar);
  if (ctx.floatTypeOf(like) === 'float32') return { name, nodes: [] };
  const cast = helper(node, ctx, 'CastLike', [name, like]);
  return { name: cast.outputs[0]!, nodes: [cast] };
}

export function unsupported(node: Node, opset: number, what: string): never {
  throw new KompaktError(
    'KPT_ONNX_UNSUPPORTED',
    `${what} of ${node.op} node '${node.name}' (opset ${opset}) is not supported.`,
    { node: node.name, op: node.op, opset },
  );
}

/** True for the dtype codes of the floating point types other than float32. */
export const isOtherFloat = (code: number): boolean =>
  code === dtypes.float16.onnx || code === dtypes.float64.onnx || code === dtypes.bfloat16.onnx;
