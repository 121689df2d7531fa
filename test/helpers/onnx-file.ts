// Makes ONNX files of any opset for tests, straight from protobuf fields, and runs them in onnxruntime.
import { InferenceSession } from 'onnxruntime-node';
import type { Attribute } from '../../lib/graph/graph.js';
import { writeAttribute } from '../../lib/onnx/attribute-proto.js';
import { encodeModel, type FunctionProto, type GraphProto, type NodeProto } from '../../lib/onnx/schema.js';
import { writeTensor } from '../../lib/onnx/tensor-proto.js';
import { writeValueInfo } from '../../lib/onnx/value-info.js';
import { type DType, dtypes } from '../../lib/tensor/dtype.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { ortTensor } from './ort-tensor.js';

export interface FileNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly subgraphs?: Readonly<Record<string, GraphProto>>;
  readonly domain?: string;
}

export interface FileOptions {
  readonly opset: number;
  readonly inputs?: Readonly<Record<string, TensorValue>>;
  readonly constants?: Readonly<Record<string, TensorValue>>;
  readonly nodes: readonly FileNode[];
  readonly outputs: Readonly<Record<string, DType>>;
  readonly functions?: readonly FunctionProto[];
  readonly domains?: Readonly<Record<string, number>>;
}

const noGraph = () => {
  throw new Error('graphs are given under subgraphs');
};

export const fileNode = (node: FileNode): NodeProto => ({
  opType: node.op,
  domain: node.domain ?? '',
  input: node.inputs,
  output: node.outputs,
  attribute: [
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => writeAttribute(name, value, noGraph)),
    ...Object.entries(node.subgraphs ?? {}).map(([name, g]) => ({ name, type: 5, g })),
  ],
});

export const fileGraph = (options: Omit<FileOptions, 'opset'>): GraphProto => ({
  name: 'test',
  node: options.nodes.map(fileNode),
  initializer: Object.entries(options.constants ?? {}).map(([name, value]) => writeTensor(name, value)),
  input: Object.entries(options.inputs ?? {}).map(([name, { dtype, dims }]) =>
    writeValueInfo({ name, dtype, dims }),
  ),
  output: Object.entries(options.outputs).map(([name, dtype]) => writeValueInfo({ name, dtype, dims: null })),
});

export const onnxFile = (options: FileOptions): Uint8Array =>
  encodeModel({
    irVersion: 7,
    graph: fileGraph(options),
    opsetImport: [
      { domain: '', version: options.opset },
      ...Object.entries(options.domains ?? {}).map(([domain, version]) => ({ domain, version })),
    ],
    functions: options.functions,
  });

/** Runs a model in onnxruntime; numbers of every output. */
export async function runInOrt(
  model: Uint8Array | string,
  feeds: Readonly<Record<string, TensorValue>>,
): Promise<Record<string, { dims: readonly number[]; values: number[] }>> {
  const options = { logSeverityLevel: 3, graphOptimizationLevel: 'disabled' } as const;
  const session =
    typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(Buffer.from(model), options);
  const tensors = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, ortTensor(value)]));
  const outputs = await session.run(tensors);
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]) => {
      const dtype = type as DType;
      const value = tensor(dtype, dims, data as never);
      return [name, { dims, values: dtypes[dtype].array === null ? [] : [...toNumbers(value)] }];
    }),
  );
}

/** Deterministic values in about -2..2, all different. */
export function ramp(dtype: DType, dims: readonly number[], scale = 1): TensorValue {
  const size = dims.reduce((a, b) => a * b, 1);
  return fromNumbers(
    dtype,
    dims,
    Array.from({ length: size }, (_, i) => scale * (((i * 7919) % 1009) / 252 - 2)),
  );
}
