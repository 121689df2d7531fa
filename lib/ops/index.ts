// Every operator. Dispatch, conformance tests and docs/ops.md enumerate what is here.

import { KompaktError } from '../errors.js';
import { type Node, opKey } from '../graph/graph.js';
import { commonOps } from './common.js';
import type { OpDef } from './op.js';
import { rareOps } from './rare.js';

const tableOf = (defs: readonly OpDef[]): Map<string, OpDef> => new Map(defs.map((def) => [opKey(def), def]));

const common = tableOf(commonOps);
let every: ReadonlyMap<string, OpDef> | undefined;
const all = (): ReadonlyMap<string, OpDef> => {
  every ??= tableOf([...commonOps, ...rareOps()]);
  return every;
};

/** Definitions by opKey(). */
export const ops = {
  get: (key: string): OpDef | undefined => common.get(key) ?? all().get(key),
  has: (key: string): boolean => common.has(key) || all().has(key),
  values: (): Iterable<OpDef> => all().values(),
  [Symbol.iterator]: (): Iterator<[string, OpDef]> => all()[Symbol.iterator](),
} as const;

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
