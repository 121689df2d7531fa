// Makes one node of nodes that compute the same: exporters quantise one value once for each of its readers.
import { type Attribute, type Node, opKey } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { opOf } from '../ops/index.js';
import type { Pass } from './pass.js';

function sameAttribute(a: Attribute, b: Attribute | undefined): boolean {
  if (a.type !== b?.type || a.type === 'graph') return false;
  if (!Array.isArray(a.value)) return Object.is(a.value, b.value);
  const values = b.value as readonly unknown[];
  return a.value.length === values.length && a.value.every((value, i) => Object.is(value, values[i]));
}

function sameAttributes({ attributes: a }: Node, { attributes: b }: Node): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => sameAttribute(a[name]!, b[name]));
}

/** Whether readers of `node` may take what `other` makes. Outputs of the graph keep their names. */
const canReplace = (editor: GraphEditor, other: Node, node: Node): boolean =>
  node.outputs.every((name, i) => name === '' || (!!other.outputs[i] && !editor.isGraphOutput(name)));

export const mergeEqual: Pass = {
  name: 'merge-equal',
  summary: 'y = f(x), z = f(x) -> y = f(x), z = y',
  source: 'operators without random numbers give equal outputs for equal inputs and attributes',
  run(graph) {
    const editor = new GraphEditor(graph);
    const seen = new Map<string, Node[]>();
    // Readers of a node that is merged come again, with their new inputs.
    for (const node of editor.nodes) {
      const key = `${opKey(node)} ${node.inputs.join(' ')}`;
      const alike = seen.get(key);
      if (alike === undefined) {
        seen.set(key, [node]);
        continue;
      }
      const other = alike.find(
        (one) => editor.has(one) && sameAttributes(one, node) && canReplace(editor, one, node),
      );
      if (other === undefined || opOf(node).random) {
        alike.push(node);
        continue;
      }
      node.outputs.forEach((name, i) => {
        if (name !== '') editor.renameUses(name, other.outputs[i]!);
      });
      editor.replace([node], []);
    }
    return editor.finish();
  },
};
