// Scan of opset 8, whose values all have a batch dimension: a Scan over the batch around a Scan over the sequence.
import { attr } from '../../graph/attribute.js';
import type { Attribute, Graph, Node, ValueInfo } from '../../graph/graph.js';
import { graphAttr, intAttr, intsAttr } from '../../ops/op.js';
import { type Upgrade, type UpgradeContext, unsupported } from './upgrade.js';

/** Runs `node` for each sample of the batch: inputs lose their first dimension, outputs get it back. */
function overBatch(node: Node, ctx: UpgradeContext, opsets: Graph['opsets']): Node {
  const values = (names: readonly string[]): ValueInfo[] =>
    names.map((name) => ({
      name: ctx.fresh(`${name}_sample`),
      dtype: 'float32',
      dims: null,
      undeclared: true,
    }));
  const inputs = values(node.inputs);
  const outputs = values(node.outputs);
  const inner: Node = {
    ...node,
    name: ctx.fresh(`${node.name}/sample`),
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
  };
  const body: Graph = {
    name: `${node.name}/batch`,
    inputs,
    outputs,
    nodes: [inner],
    constants: new Map(),
    opsets,
  };
  return { ...node, attributes: { body: attr.graph(body), num_scan_inputs: attr.int(node.inputs.length) } };
}

export const batchedScan: Upgrade = {
  ops: ['Scan'],
  below: 9,
  raise(node, ctx) {
    const [lengths, ...inputs] = node.inputs;
    if (lengths !== '') unsupported(node, ctx.opset, 'sequence_lens');
    const body = graphAttr(node, 'body');
    const directions = intsAttr(node, 'directions');
    const attributes: Record<string, Attribute> = {
      body: attr.graph(body),
      num_scan_inputs: attr.int(intAttr(node, 'num_scan_inputs')),
    };
    if (directions !== undefined) attributes.scan_input_directions = attr.ints(directions);
    return [overBatch({ ...node, inputs, attributes }, ctx, body.opsets)];
  },
};
