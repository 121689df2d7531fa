// The intermediate representation: an ONNX-shaped, frozen graph. Every graph in memory is at the canonical opset
// (onnx/upgrade.ts raises older files), nodes are in topological order, and passes return new graphs.
import type { DType } from '../tensor/dtype.js';
import type { TensorValue } from '../tensor/tensor.js';

/** '' is ai.onnx; 'ai.kompakt' holds operators that exist only between loading and planning, and one-bit operators, which
 *  files hold with a function body (onnx/one-bit-functions.ts). */
export type Domain = '' | 'com.microsoft' | 'ai.kompakt' | (string & {});

export type Attribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'tensor'; readonly value: TensorValue }
  | { readonly type: 'graph'; readonly value: Graph }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly string[] };

export interface Node {
  /** Unique in its graph; made up by the loader where the file has none. */
  readonly name: string;
  readonly op: string;
  readonly domain: Domain;
  /** Value names; '' for an optional input that is absent. */
  readonly inputs: readonly string[];
  /** Value names; '' for an optional output that nobody wants. */
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A dimension: a size, a symbol, or null when nothing is known. */
export type Dim = number | string | null;

export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  /** null when even the rank is unknown. */
  readonly dims: readonly Dim[] | null;
  /** True when the file gives no type (legal in subgraphs): dtype is then a guess that nothing may rely on. */
  readonly undeclared?: boolean;
  /** Set for what is no tensor: dtype is that of the elements, dims null. */
  readonly container?: Container;
}

export type Container = 'sequence' | 'optional' | 'optional-sequence';

export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, TensorValue>;
  /** Version per domain, as it will be written. */
  readonly opsets: Readonly<Record<string, number>>;
}

/** Opset of '' that graphs in memory follow. Files that are newer keep their number. */
export const canonicalOpset = 18;

/** Newest opset of '' whose operators are known. Files that are newer are read on trust. */
export const newestOpset = 26;

export function freezeGraph(graph: Graph): Graph {
  for (const node of graph.nodes) {
    if (Object.isFrozen(node)) continue;
    Object.freeze(node.inputs);
    Object.freeze(node.outputs);
    Object.freeze(node.attributes);
    Object.freeze(node);
  }
  Object.freeze(graph.nodes);
  Object.freeze(graph.inputs);
  Object.freeze(graph.outputs);
  return Object.freeze(graph);
}

/** `domain:op`, or `op` alone for ai.onnx: the key under which an OpDef is listed. */
export const opKey = (node: { readonly op: string; readonly domain: string }): string =>
  node.domain === '' || node.domain === 'ai.onnx' ? node.op : `${node.domain}:${node.op}`;
