// Definitions for nodes that known plans leave to JavaScript. Those that choose among graphs come with every session; to ask for
// another one loads the list of all (scripts/layers.mjs).
import { type Node, opKey } from '../graph/graph.js';
import { ifOp } from './if.js';
import { opOf } from './index.js';
import { loop } from './loop.js';
import type { OpDef } from './op.js';

const kept: ReadonlyMap<string, OpDef> = new Map([ifOp, loop].map((def) => [opKey(def), def]));

/** As opOf(). */
export const hostOpOf = (node: Node): OpDef => kept.get(opKey(node)) ?? opOf(node);
