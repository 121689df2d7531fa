// Emits nodes into a graph that is being edited, as gradient rules do into one that grows.
import type { Attribute, Node } from '../../graph/graph.js';
import type { GraphEditor } from '../../graph/rewrite.js';
import type { NodeWriter } from '../../ops/op.js';
import type { TensorValue } from '../../tensor/tensor.js';

export class EditorWriter implements NodeWriter {
  constructor(readonly editor: GraphEditor) {}

  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    { domain = '', outputs = 1 }: { readonly domain?: string; readonly outputs?: number } = {},
  ): readonly string[] {
    const names = Array.from({ length: outputs }, () => this.editor.fresh(`${inputs[0]}/${op}`));
    this.editor.replace([], [this.editor.newNode(op, inputs, names, attributes, domain)]);
    return names;
  }

  constant(hint: string, value: TensorValue): string {
    return this.editor.addConstant(hint, value);
  }

  /** The same node once more, over another input. */
  again(node: Node, input: string): string {
    const [output] = this.add(node.op, [input, ...node.inputs.slice(1)], node.attributes, {
      domain: node.domain,
    });
    return output!;
  }
}
