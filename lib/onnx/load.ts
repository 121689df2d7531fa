// ONNX bytes -> Graph, metadata and kept functions.
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { opKey } from '../graph/graph.js';
import { ops } from '../ops/index.js';
import { attributeType, readAttribute } from './attribute-proto.js';
import { externalReader, type ReadExternal } from './external-data.js';
import { functionKey, GraphImporter, normalDomain } from './import-graph.js';
import { toNumber } from './int64.js';
import type { FunctionNode, LocalFunction } from './local-function.js';
import type { ModelMetadata } from './metadata.js';
import { onlyFloat32 } from './only-float32.js';
import { decodeModel, type FunctionProto, type ModelProto, type OperatorSetProto } from './schema.js';
import { oldestOpset } from './upgrade.js';

export interface LoadedModel {
  readonly graph: Graph;
  readonly metadata: ModelMetadata;
  readonly functions: readonly LocalFunction[];
}

/** What a file gives besides the model. */
export interface Loaded extends LoadedModel {
  /** False when tensor data was read from files beside the model. */
  readonly selfContained: boolean;
}

export interface LoadOptions {
  /** Folder of the model file, for external data; null when there is none. */
  readonly folder: string | null;
  /** What messages call the model. */
  readonly file: string;
  /** Whether a function is an operator of kompakt, to be kept rather than inlined. */
  readonly isOperator?: (key: string) => boolean;
}

/** `bytes` are the model's from then on: large tensors are views of them. Throws KPT_ONNX_MALFORMED, KPT_ONNX_UNSUPPORTED,
 *  KPT_GRAPH_INVALID, KPT_EXTERNAL_DATA or KPT_TOO_LARGE. */
export function loadModel(bytes: Uint8Array, options: LoadOptions): Loaded {
  try {
    return importModel(decode(bytes), options);
  } catch (error) {
    if (!(error instanceof KompaktError)) throw error;
    throw new KompaktError(error.code, `${options.file}: ${error.message}`, error.details, error.cause);
  }
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return decodeModel(bytes);
  } catch (error) {
    throw new KompaktError(
      'KPT_ONNX_MALFORMED',
      `The ${bytes.length} bytes are not a protobuf message (${error instanceof Error ? error.message : error}).`,
      {},
      error,
    );
  }
}

function importModel(proto: ModelProto, options: LoadOptions): Loaded {
  if (proto.graph == null) throw new KompaktError('KPT_ONNX_MALFORMED', 'The model has no graph.');
  const isOperator = options.isOperator ?? ((key: string) => ops.has(key));
  const external = externalReader(options.folder);
  let selfContained = true;
  const readExternal: ReadExternal = (...request) => {
    selfContained = false;
    return external(...request);
  };
  const opsets = readOpsets(proto.opsetImport ?? []);
  const inlined = new Map<string, FunctionProto>();
  const kept: LocalFunction[] = [];
  for (const fn of proto.functions ?? []) {
    const domain = normalDomain(fn.domain);
    if (isOperator(opKey({ op: fn.name ?? '', domain }))) kept.push(readFunction(fn, readExternal));
    else {
      const key = functionKey(domain, fn.name ?? '', fn.overload);
      if (inlined.has(key))
        throw new KompaktError('KPT_GRAPH_INVALID', `Function '${fn.name}' is defined twice.`);
      inlined.set(key, fn);
    }
  }
  const importer = new GraphImporter({
    opsets,
    functions: inlined,
    readExternal,
    onlyFloat32: onlyFloat32(proto),
    opsetOf: (fn) => readOpsets(fn.opsetImport ?? [])[''] ?? opsets[''] ?? oldestOpset,
  });
  const graph = importer.import(proto.graph);
  return { graph, metadata: readMetadata(proto), functions: kept, selfContained };
}

function readOpsets(imports: readonly OperatorSetProto[]): Record<string, number> {
  const opsets: Record<string, number> = {};
  for (const { domain, version } of imports) opsets[normalDomain(domain)] = toNumber(version);
  const main = opsets[''];
  if (main !== undefined && main < oldestOpset)
    throw new KompaktError(
      'KPT_ONNX_UNSUPPORTED',
      `The model uses opset ${main}; opset ${oldestOpset} and newer are supported.`,
      { opset: main },
    );
  return opsets;
}

function readMetadata(proto: ModelProto): ModelMetadata {
  return {
    producerName: proto.producerName ?? '',
    producerVersion: proto.producerVersion ?? '',
    domain: proto.domain ?? '',
    modelVersion: toNumber(proto.modelVersion),
    docString: proto.docString ?? '',
    properties: Object.fromEntries((proto.metadataProps ?? []).map(({ key, value }) => [key, value])),
  };
}

function readFunction(fn: FunctionProto, readExternal: ReadExternal): LocalFunction {
  const reader = {
    where: `function '${fn.name}'`,
    readExternal,
    readGraph: (): Graph => {
      throw new KompaktError(
        'KPT_ONNX_UNSUPPORTED',
        `A subgraph in kept function '${fn.name}' is not supported.`,
      );
    },
  };
  const nodes = (fn.node ?? []).map((node, i): FunctionNode => {
    const refs: Record<string, FunctionNode['refs'][string]> = {};
    const attributes: Record<string, FunctionNode['attributes'][string]> = {};
    for (const attribute of node.attribute ?? [])
      if (attribute.refAttrName)
        refs[attribute.name] = {
          attribute: attribute.refAttrName,
          type: attributeType(attribute, reader.where),
        };
      else attributes[attribute.name] = readAttribute(attribute, reader);
    const { opType: op = '', input: inputs = [], output: outputs = [], name } = node;
    return {
      name: name || `${op}_${i}`,
      op,
      domain: normalDomain(node.domain),
      inputs,
      outputs,
      attributes,
      refs,
    };
  });
  return {
    name: fn.name ?? '',
    domain: normalDomain(fn.domain),
    opsets: readOpsets(fn.opsetImport ?? []),
    inputs: fn.input ?? [],
    outputs: fn.output ?? [],
    attributes: fn.attribute ?? [],
    defaults: Object.fromEntries((fn.attributeProto ?? []).map((a) => [a.name, readAttribute(a, reader)])),
    nodes,
  };
}
