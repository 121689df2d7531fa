// Model-local functions: an operator with a body of other operators. Most are inlined when a model is loaded; those
// that kompakt runs as operators of its own (1-bit layers) are kept, and written so that other runtimes can run them.
import type { Attribute, Node } from '../graph/graph.js';

/** A node of a function body; `refs` names attributes that it takes from the calling node. */
export interface FunctionNode extends Node {
  readonly refs: Readonly<Record<string, { readonly attribute: string; readonly type: Attribute['type'] }>>;
}

export interface LocalFunction {
  readonly name: string;
  readonly domain: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that a call must give. */
  readonly attributes: readonly string[];
  /** Attributes that a call may leave out. */
  readonly defaults: Readonly<Record<string, Attribute>>;
  readonly nodes: readonly FunctionNode[];
}
