// Where the channels of a picture are is said by no type: what the model does with it tells, and else the sizes.
import { looksChannelsLast } from '../../data/layout.js';
import type { Graph, Node, ValueInfo } from '../../graph/graph.js';
import { intsAttr } from '../../ops/op.js';

/** Operators that leave every element where it is: what stands between an input and its first layer. */
const pointwise: ReadonlySet<string> = new Set([
  'Add',
  'Cast',
  'DequantizeLinear',
  'Div',
  'FakeQuantize',
  'Identity',
  'Mul',
  'QuantizeLinear',
  'Sub',
]);

/** Whether samples of an input are [H,W,C]: a Transpose brings their channels forward or, where neither that nor a convolution says
 *  it, they look so. */
export function isChannelsLast(graph: Graph, { name, dims }: ValueInfo): boolean {
  if (dims?.length !== 4) return false;
  return orderIn(graph, name) ?? looksChannelsLast(dims.slice(1));
}

/** true: last; false: first; undefined: nobody tells. */
function orderIn(graph: Graph, input: string): boolean | undefined {
  const pending = [input];
  const seen = new Set<string>();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const node of graph.nodes) {
      if (!node.inputs.includes(name)) continue;
      if (node.op === 'Conv') return false;
      if (bringsForward(node)) return true;
      if (pointwise.has(node.op)) pending.push(node.outputs[0]!);
    }
  }
  return undefined;
}

const bringsForward = (node: Node): boolean =>
  node.op === 'Transpose' && intsAttr(node, 'perm')?.join() === '0,3,1,2';
