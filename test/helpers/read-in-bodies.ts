// Values that only the body of an If reads, by their names in the graph around it.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { TestGraph } from './check-pass.js';

/** An If that the data of x decide and that has no input but the condition: it makes -value, or value itself. */
export function readInBodies(g: TestGraph, value: string): string {
  const branch = (op: string) => {
    const body = new GraphBuilder(op, undefined, [value]);
    body.output(body.node(op, [value])[0]!, 'float32');
    return attr.graph(body.build());
  };
  const largest = g.op('ReduceMax', [g.x], { keepdims: attr.int(0) });
  const condition = g.op('Greater', [largest, g.number(0)]);
  return g.op('If', [condition], { then_branch: branch('Neg'), else_branch: branch('Identity') });
}
