// Every node of a loaded graph has the inputs that its operator needs: what comes later may rely on it.
import { KompaktError } from '../errors.js';
import { type Node, opKey } from '../graph/graph.js';
import { ops } from '../ops/index.js';

/** Throws KPT_GRAPH_INVALID when a needed input is absent or there are too many. Unknown operators pass: they are reported
 *  when they are to run. */
export function checkInputs(node: Node): void {
  const def = ops.get(opKey(node));
  if (def === undefined) return;
  const [least, most] = def.inputs;
  const given = node.inputs.findLastIndex((name) => name !== '') + 1;
  if (given > most)
    throw new KompaktError(
      'KPT_GRAPH_INVALID',
      `${node.op} node '${node.name}' has ${given} inputs; it takes ${most} at most.`,
    );
  for (let i = 0; i < least; i++)
    if (!node.inputs[i] && !def.optional?.includes(i))
      throw new KompaktError(
        'KPT_GRAPH_INVALID',
        `${node.op} node '${node.name}' needs input ${i}, which is absent.`,
      );
}
