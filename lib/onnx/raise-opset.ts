// Raises the opset of a graph that is about to be saved where its types or operators are younger than the opset it came
// with: 4-bit integers and quantisation by blocks need opset 21. The few operators whose form changed meanwhile follow.
import { attr } from '../graph/attribute.js';
import { canonicalOpset, freezeGraph, type Graph, type Node } from '../graph/graph.js';
import { Names } from '../graph/names.js';
import { GraphEditor } from '../graph/rewrite.js';
import { collectNames, subgraphsOf } from '../graph/uses.js';
import { ops } from '../ops/index.js';
import { intAttr, stringAttr } from '../ops/op.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import { i64, type TensorValue, tensor } from '../tensor/tensor.js';

/** First opset with 4-bit types, with 16-bit ones in QuantizeLinear and DequantizeLinear, and with blocks. */
const newTypes = 21;

const isNarrow = (dtype: DType): boolean => dtype === 'int4' || dtype === 'uint4';
const isQuantization = ({ op }: Node): boolean => op === 'QuantizeLinear' || op === 'DequantizeLinear';

/** The graph at the smallest opset, not below its own, that knows all its types and operators. */
export function raiseOpset(graph: Graph): Graph {
  const opset = graph.opsets[''] ?? canonicalOpset;
  const needed = neededOpset(graph, new Map());
  if (needed <= opset) return graph;
  const taken = new Set<string>();
  collectNames(graph, taken);
  return atOpset(graph, opset, needed, new Names(taken));
}

/** `outer`: constants of the graphs around. */
function neededOpset(graph: Graph, outer: ReadonlyMap<string, TensorValue>): number {
  const constants = new Map([...outer, ...graph.constants]);
  const values = [...graph.inputs, ...graph.outputs];
  const needs = graph.nodes.flatMap((node) => [
    ...(node.domain === '' ? [neededByNode(node, constants)] : []),
    ...subgraphsOf(node).map((inner) => neededOpset(inner, constants)),
  ]);
  return Math.max(1, values.some(({ dtype }) => isNarrow(dtype)) ? newTypes : 1, ...needs);
}

function neededByNode(node: Node, constants: ReadonlyMap<string, TensorValue>): number {
  const types = node.inputs.map((name) => constants.get(name)?.dtype);
  const target = dtypeCodes.get(intAttr(node, node.op === 'Cast' ? 'to' : 'output_dtype', 0));
  const all = [...types, target].filter((dtype) => dtype !== undefined);
  const wide = all.some((dtype) => dtype === 'int16' || dtype === 'uint16');
  const blocks = 'block_size' in node.attributes || 'output_dtype' in node.attributes;
  const young = all.some(isNarrow) || (isQuantization(node) && (wide || blocks));
  return Math.max(young ? newTypes : 1, ops.get(node.op)?.since ?? 1);
}

const dtypeCodes = new Map(
  Object.entries(dtypes).map(([name, { onnx }]): [number, DType] => [onnx, name as DType]),
);

/** `names`: all of the model. */
function atOpset(graph: Graph, from: number, to: number, names: Names): Graph {
  const editor = new GraphEditor(graph);
  for (const node of graph.nodes) {
    const change = changes.find(({ op, opset }) => op === node.op && from < opset && opset <= to);
    if (node.domain === '' && change !== undefined)
      editor.replace([node], change.rewrite(node, editor, names));
    else if (subgraphsOf(node).length > 0) editor.replace([node], [withBodies(node, from, to, names)]);
  }
  const raised = editor.finish();
  return freezeGraph({ ...raised, opsets: { ...raised.opsets, '': to } });
}

function withBodies(node: Node, from: number, to: number, names: Names): Node {
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => [
    name,
    attribute.type === 'graph' ? attr.graph(atOpset(attribute.value, from, to, names)) : attribute,
  ]);
  return { ...node, attributes: Object.fromEntries(attributes) };
}

interface Change {
  readonly op: string;
  readonly opset: number;
  readonly rewrite: (node: Node, editor: GraphEditor, names: Names) => readonly Node[];
}

const changes: readonly Change[] = [
  {
    // The axis became an input.
    op: 'DFT',
    opset: 20,
    rewrite: (node, editor, names) => {
      const axis = BigInt64Array.of(BigInt(intAttr(node, 'axis', 1)));
      const name = editor.addConstant(names.fresh(`${node.name}_axis`), tensor('int64', [], axis));
      const { axis: _, ...attributes } = node.attributes;
      return [{ ...node, inputs: [node.inputs[0], node.inputs[1] ?? '', name], attributes }];
    },
  },
  {
    // Modes lost their "bi".
    op: 'GridSample',
    opset: 20,
    rewrite: (node) => {
      const mode = attr.string(stringAttr(node, 'mode', 'bilinear').replace(/^bi/, ''));
      return [{ ...node, attributes: { ...node.attributes, mode } }];
    },
  },
  {
    // Scale and bias are per channel instead of per group.
    op: 'GroupNormalization',
    opset: 21,
    rewrite: (node, editor, names) => {
      const groups = editor.addConstant(names.fresh('groups'), i64([intAttr(node, 'num_groups')]));
      const added: Node[] = [];
      const make = (op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string => {
        const made = editor.newNode(op, inputs, [names.fresh(`${node.name}/${op}`)], attributes);
        added.push(made);
        return made.outputs[0];
      };
      const channels = make('Shape', [node.inputs[0]], { start: attr.int(1), end: attr.int(2) });
      const dims = make('Concat', [groups, make('Div', [channels, groups])], { axis: attr.int(0) });
      const last = editor.addConstant(names.fresh('last_axis'), i64([1]));
      const spread = (name: string): string =>
        make('Reshape', [make('Expand', [make('Unsqueeze', [name, last]), dims]), channels]);
      const [x, scale, bias] = node.inputs;
      const raised = { ...node, inputs: [x, spread(scale), spread(bias)] };
      return [...added, raised];
    },
  },
];
