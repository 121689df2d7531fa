// Takes a node out whose output equals one of its inputs.
import type { Node } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';

/**
 * Makes users of the output of `node` use `source` instead and removes the node. When the output is a graph output,
 * whose name must stay, the producer of `source` makes it directly. False when that is impossible: `source` is a
 * graph input, a constant or another graph output.
 */
export function bypass(editor: GraphEditor, node: Node, source: string): boolean {
  const target = node.outputs[0];
  if (!editor.isGraphOutput(target)) {
    editor.renameUses(target, source);
    editor.replace([node], []);
    return true;
  }
  const producer = editor.producer(source);
  if (producer === undefined || editor.isGraphOutput(source)) return false;
  editor.replace([node], []);
  const outputs = producer.outputs.map((name) => (name === source ? target : name));
  editor.replace([producer], [{ ...producer, outputs }]);
  editor.renameUses(source, target);
  return true;
}
