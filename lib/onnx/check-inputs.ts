// Every node of a loaded graph has the inputs and outputs that its operator or function needs: what comes later may rely on
// it.
import { KompaktError } from '../errors.js';
import { type Node, opKey } from '../graph/graph.js';
import { ops } from '../ops/index.js';
import type { FunctionProto } from './schema.js';

/** Throws KPT_GRAPH_INVALID when a needed input or output is absent or there are too many inputs. Unknown operators pass: they are reported
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
  const [leastOutputs, mostOutputs] = def.outputs;
  // One of any number may be left out.
  if (mostOutputs === Number.POSITIVE_INFINITY) return;
  for (let i = 0; i < leastOutputs; i++)
    if (!node.outputs[i])
      throw new KompaktError(
        'KPT_GRAPH_INVALID',
        `${node.op} node '${node.name}' needs a name for output ${i}, which is absent.`,
      );
}

/** Throws KPT_GRAPH_INVALID where a node gives a function more inputs than it has, or wants more outputs. */
export function checkCall(
  where: string,
  inputs: readonly string[],
  outputs: readonly string[],
  { input = [], output = [] }: FunctionProto,
): void {
  for (const [what, given, has] of [
    ['inputs', inputs, input],
    ['outputs', outputs, output],
  ] as const) {
    const count = given.findLastIndex((name) => name !== '') + 1;
    if (count > has.length)
      throw new KompaktError(
        'KPT_GRAPH_INVALID',
        `${where} has ${count} ${what}; its function has ${has.length}.`,
      );
  }
}
