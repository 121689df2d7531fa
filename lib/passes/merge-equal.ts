// Makes one node of nodes that compute the same: exporters quantise one value once for each of its readers.
import { type Attribute, type Graph, type Node, opKey } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { renameInNode, usesOf } from '../graph/uses.js';
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

/** Nodes of one key with different attributes, or that make outputs of the graph, that others are compared with. */
const mostAlike = 16;

/** For each value that need not be made, the equal one that is. Outputs of the graph keep their names. */
function equalValues({ nodes, outputs }: Graph): Map<string, string> {
  const kept = new Set(outputs.map(({ name }) => name));
  const equal = new Map<string, string>();
  const seen = new Map<string, Node[]>();
  for (const node of nodes) {
    // As JSON: names may have any character in them.
    const key = JSON.stringify([opKey(node), ...node.inputs.map((name) => equal.get(name) ?? name)]);
    const alike = seen.get(key);
    if (alike === undefined) {
      seen.set(key, [node]);
      continue;
    }
    const stays = opOf(node).random || node.outputs.some((name) => kept.has(name));
    const other = stays ? undefined : alike.find((one) => sameAttributes(one, node) && makesAll(one, node));
    if (other === undefined) {
      if (alike.length < mostAlike) alike.push(node);
      continue;
    }
    node.outputs.forEach((name, i) => {
      if (name !== '') equal.set(name, other.outputs[i]!);
    });
  }
  return equal;
}

const makesAll = (one: Node, node: Node): boolean =>
  node.outputs.every((name, i) => name === '' || !!one.outputs[i]);

export const mergeEqual: Pass = {
  name: 'merge-equal',
  summary: 'y = f(x), z = f(x) -> y = f(x), z = y',
  source: 'operators without random numbers give equal outputs for equal inputs and attributes',
  run(graph) {
    const equal = equalValues(graph);
    if (equal.size === 0) return graph;
    const editor = new GraphEditor(graph);
    // Each reader once, however many of its inputs change.
    for (const node of graph.nodes)
      if (usesOf(node).some((name) => equal.has(name)))
        editor.replace([node], [renameInNode(node, (name) => equal.get(name) ?? name)]);
    return editor.finish();
  },
};
