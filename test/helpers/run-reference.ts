// Runs one operator by its reference, and the same node in onnxruntime.
import type { Attribute, Node } from '../../lib/graph/graph.js';
import { opOf } from '../../lib/ops/index.js';
import type { InferContext, ReferenceContext, TensorType } from '../../lib/ops/op.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { onnxFile, runInOrt } from './onnx-file.js';

export interface OneNode {
  readonly op: string;
  readonly domain?: string;
  readonly opset?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** null: an absent optional input. */
  readonly inputs: readonly (TensorValue | null)[];
  /** Number of outputs, or for each whether it is wanted. Default 1. */
  readonly outputs?: number | readonly boolean[];
}

export function nodeOf({ op, domain = '', attributes = {}, inputs, outputs = 1 }: OneNode): Node {
  const wanted = typeof outputs === 'number' ? new Array<boolean>(outputs).fill(true) : outputs;
  return {
    name: 'n',
    op,
    domain,
    attributes,
    inputs: inputs.map((value, i) => (value === null ? '' : `x${i}`)),
    outputs: wanted.map((yes, i) => (yes ? `y${i}` : '')),
  };
}

/** A context in which the values of `known` inputs (all by default) are known. */
export function contextOf(
  one: OneNode,
  known: (i: number) => boolean = () => true,
): InferContext & ReferenceContext {
  const values = one.inputs.map((value) => value ?? undefined);
  return {
    node: nodeOf(one),
    opset: one.opset ?? 18,
    inputs: values,
    where: `${one.op} node 'n'`,
    value: (i) => (known(i) ? values[i] : undefined),
  };
}

export function infer(one: OneNode): readonly TensorType[] {
  const context = contextOf(one);
  return opOf(context.node).infer(context);
}

/** The reference, checked against the inferred types. */
export function reference(one: OneNode): readonly TensorValue[] {
  const context = contextOf(one);
  const def = opOf(context.node);
  const types = def.infer(context);
  const values = def.reference(context);
  expect(values.map(({ dtype, dims }) => ({ dtype, dims: [...dims] }))).toEqual(
    types.map(({ dtype, dims }) => ({ dtype, dims: [...dims] })),
  );
  return values;
}

/** Expects reference and onnxruntime to agree within `tolerance` (absolute, and relative to the largest value). */
export async function expectLikeOrt(one: OneNode, tolerance: number): Promise<void> {
  const mine = reference(one);
  const node = nodeOf(one);
  const feeds = Object.fromEntries(
    one.inputs.flatMap((value, i) => (value === null ? [] : [[`x${i}`, value] as const])),
  );
  const wanted = node.outputs.filter((name) => name !== '');
  const types = node.outputs.map((name, i) => [name, mine[i]?.dtype as DType] as const);
  const model = onnxFile({
    opset: one.opset ?? 18,
    constants: feeds,
    nodes: [node],
    outputs: Object.fromEntries(types.filter(([name]) => name !== '')),
    domains: one.domain ? { [one.domain]: 1 } : {},
  });
  const theirs = await runInOrt(model, {});
  for (const name of wanted) {
    const value = mine[node.outputs.indexOf(name)];
    expect(theirs[name].dims).toEqual([...value.dims]);
    const numbers = [...toNumbers(value)];
    const largest = numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
    const worst = numbers.reduce((a, v, i) => Math.max(a, Math.abs(v - theirs[name].values[i])), 0);
    expect(worst / (value.dtype === 'float32' ? largest : 1)).toBeLessThanOrEqual(tolerance);
  }
}

/** Deterministic pseudo-random numbers in [-1, 1), or whole numbers over the range of an integer type. */
export function noise(
  dtype: DType,
  dims: readonly number[],
  seed = 1,
  range?: readonly [number, number],
): TensorValue {
  const [low, high] = range ?? (dtype === 'uint8' ? [0, 255] : dtype === 'int8' ? [-128, 127] : [-1, 1]);
  let state = seed * 2654435761;
  const size = dims.reduce((a, b) => a * b, 1);
  const values = Float64Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = low + ((high - low) * state) / 2 ** 32;
    return dtype === 'float32' ? value : Math.round(value);
  });
  return fromNumbers(dtype, dims, values);
}
