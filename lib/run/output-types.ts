// What a model says of its outputs against what it makes: programs read the one and get the other.
import { expected, KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Plan } from './plan.js';

/** Throws KPT_TYPE_MISMATCH for an output that is made with another element type than the graph declares, as far as the plan knows. */
export function checkOutputTypes({ outputs }: Graph, { locations }: Plan): void {
  for (const { name, dtype, container, undeclared } of outputs) {
    const type = locations.get(name)?.type;
    if (type === undefined || undeclared || container !== undefined || type.container !== undefined) continue;
    if (type.dtype === dtype) continue;
    const what = `element type ${dtype}, as the model declares it,`;
    throw new KompaktError('KPT_TYPE_MISMATCH', expected(what, `output "${name}"`, type.dtype));
  }
}
