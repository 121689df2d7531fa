// The Unary node (ai.kompakt): a fused elementwise function of one input.
import { attr } from '../graph/attribute.js';
import type { Attribute, Node } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';
import type { Activation } from './activation-of.js';

export const activationAttributes = ({
  activation,
  alpha,
  beta,
}: Activation): Readonly<Record<string, Attribute>> => ({
  activation: attr.string(activation),
  alpha: attr.float(alpha),
  beta: attr.float(beta),
});

export const unaryNode = (
  editor: GraphEditor,
  x: string,
  outputs: readonly string[],
  activation: Activation,
): Node => editor.newNode('Unary', [x], outputs, activationAttributes(activation), 'ai.kompakt');
