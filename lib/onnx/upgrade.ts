// Raises nodes of ai.onnx from opset 1..17 to the canonical opset: the list of upgrades and its application.
// Operators without an entry have the same meaning in all opsets that are read.
import type { Node } from '../graph/graph.js';
import { attributesToInputs } from './upgrade/attributes-to-inputs.js';
import { batchedScan } from './upgrade/batched-scan.js';
import { legacy } from './upgrade/legacy.js';
import { renamed } from './upgrade/renamed.js';
import { resize } from './upgrade/resize.js';
import { softmax } from './upgrade/softmax.js';
import type { Upgrade, UpgradeContext } from './upgrade/upgrade.js';

/** Oldest opset that is read. */
export const oldestOpset = 1;

const upgrades = new Map<string, Upgrade[]>();
for (const upgrade of [...legacy, ...attributesToInputs, ...renamed, ...resize, batchedScan, softmax])
  for (const op of upgrade.ops) upgrades.set(op, [...(upgrades.get(op) ?? []), upgrade]);

/** Canonical nodes with the meaning of `node`; its outputs keep their names. */
export function upgradeNode(node: Node, ctx: UpgradeContext): readonly Node[] {
  if (node.domain !== '') return [node];
  const upgrade = upgrades.get(node.op)?.find((candidate) => ctx.opset < candidate.below);
  return upgrade === undefined ? [node] : upgrade.raise(node, ctx);
}
