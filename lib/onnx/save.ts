// Graph, metadata and functions -> ONNX bytes. One-bit operators get their bodies here.
import { KompaktError } from '../errors.js';
import { canonicalOpset, type Graph, type Node } from '../graph/graph.js';
import { Names } from '../graph/names.js';
import { collectNames, subgraphsOf } from '../graph/uses.js';
import { attributeCodes, writeAttribute } from './attribute-proto.js';
import { isGradient, openGradients } from './gradient-node.js';
import type { LoadedModel } from './load.js';
import type { LocalFunction } from './local-function.js';
import { oneBitFunctions } from './one-bit-functions.js';
import { raiseOpset } from './raise-opset.js';
import {
  type AttributeProto,
  encodeModel,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
} from './schema.js';
import { writeTensor } from './tensor-proto.js';
import { writeValueInfo } from './value-info.js';

/** [first opset, IR version that came with it], newest first. */
const irVersions = [
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [0, 8],
] as const;

/** Protobuf messages end at 2 GiB. */
const maxBytes = 2 ** 31 - 1;

export function saveModel({ graph: given, metadata, functions }: LoadedModel): Uint8Array {
  const graph = withoutBodies(raiseOpset(given));
  const domains = new Set<string>(['']);
  const calls = new Set<string>();
  visit(graph, (node) => {
    domains.add(node.domain);
    calls.add(`${node.domain}:${node.op}`);
  });
  let size = 0;
  visit(graph, undefined, (inner) => {
    for (const value of inner.constants.values())
      size += 'byteLength' in value.data ? value.data.byteLength : 0;
  });
  if (size > maxBytes) tooLarge(size);
  const opset = graph.opsets[''] ?? canonicalOpset;
  const key = (fn: LocalFunction): string => `${fn.domain}:${fn.name}`;
  const present = new Set(functions.map(key));
  const own = oneBitFunctions(opset).filter((fn) => !present.has(key(fn)));
  const used = [...functions, ...own].filter((fn) => calls.has(key(fn)));
  return encodeModel({
    irVersion: irVersions.find(([first]) => opset >= first)![1],
    producerName: metadata.producerName,
    producerVersion: metadata.producerVersion,
    domain: metadata.domain,
    modelVersion: metadata.modelVersion,
    docString: metadata.docString,
    opsetImport: writeOpsets({ '': opset, ...graph.opsets }, (domain) => domains.has(domain)),
    metadataProps: Object.entries(metadata.properties).map(([key, value]) => ({ key, value })),
    graph: writeGraph(graph),
    functions: used.map(writeFunction),
  });
}

/** Gradient nodes name their functions in files. */
function withoutBodies(graph: Graph): Graph {
  let some = false;
  visit(graph, (node) => {
    some ||= isGradient(node);
  });
  if (!some) return graph;
  const taken = new Set<string>();
  collectNames(graph, taken);
  return openGradients(graph, new Names(taken));
}

function visit(graph: Graph, onNode?: (node: Node) => void, onGraph?: (graph: Graph) => void): void {
  onGraph?.(graph);
  for (const node of graph.nodes) {
    onNode?.(node);
    for (const inner of subgraphsOf(node)) visit(inner, onNode, onGraph);
  }
}

const writeOpsets = (opsets: Readonly<Record<string, number>>, wanted: (domain: string) => boolean) =>
  Object.entries(opsets)
    .filter(([domain]) => wanted(domain))
    .map(([domain, version]) => ({ domain, version }));

const writeGraph = (graph: Graph): GraphProto => ({
  name: graph.name,
  node: graph.nodes.map((node) => writeNode(node)),
  initializer: [...graph.constants].map(([name, value]) => writeTensor(name, value)),
  input: graph.inputs.map(writeValueInfo),
  output: graph.outputs.map(writeValueInfo),
});

const writeNode = (node: Node, references: readonly AttributeProto[] = []): NodeProto => ({
  input: node.inputs,
  output: node.outputs,
  name: node.name,
  opType: node.op,
  domain: node.domain,
  attribute: [
    ...Object.entries(node.attributes).map(([name, value]) => writeAttribute(name, value, writeGraph)),
    ...references,
  ],
});

const writeFunction = (fn: LocalFunction): FunctionProto => ({
  name: fn.name,
  domain: fn.domain,
  input: fn.inputs,
  output: fn.outputs,
  attribute: fn.attributes,
  attributeProto: Object.entries(fn.defaults).map(([name, value]) => writeAttribute(name, value, writeGraph)),
  opsetImport: writeOpsets(fn.opsets, () => true),
  node: fn.nodes.map((node) =>
    writeNode(
      node,
      Object.entries(node.refs).map(([name, ref]) => ({
        name,
        refAttrName: ref.attribute,
        type: attributeCodes[ref.type],
      })),
    ),
  ),
});

function tooLarge(size: number): never {
  throw new KompaktError(
    'KPT_TOO_LARGE',
    `The model holds ${size} bytes of constants; an ONNX file ends at 2 GiB.`,
  );
}
