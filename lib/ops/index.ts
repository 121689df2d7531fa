// Every operator, one line each. Dispatch, conformance tests and docs/ops.md enumerate this list.
import { KompaktError } from '../errors.js';
import { type Node, opKey } from '../graph/graph.js';
import type { OpDef } from './op.js';

const opList: readonly OpDef[] = [
  // (sorted)
];

export const ops: ReadonlyMap<string, OpDef> = new Map(opList.map((def) => [opKey(def), def]));

/** The definition of a node's operator. Throws KPT_ONNX_UNSUPPORTED_OP naming the node. */
export function opOf(node: Node): OpDef {
  const def = ops.get(opKey(node));
  if (def === undefined)
    throw new KompaktError(
      'KPT_ONNX_UNSUPPORTED_OP',
      `Operator ${opKey(node)} of node '${node.name}' is not supported.`,
      { op: node.op, domain: node.domain, node: node.name },
    );
  return def;
}
