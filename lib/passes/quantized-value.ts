// Reading QuantizeLinear and DequantizeLinear nodes: which integer value a float value stands for.
import type { Node } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';
import { intAttr, type QuantParams } from '../ops/op.js';
import { type DType, dtypeFromOnnx } from '../tensor/dtype.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';

/** An integer value and how it maps to real numbers. */
export interface Quantized {
  readonly name: string;
  readonly params: QuantParams;
}

// onnxruntime writes 4-bit and 16-bit forms under its own domain, with the same meaning.
const isLinear = (node: Node | undefined, op: string): boolean =>
  node?.op === op && (node.domain === '' || node.domain === 'com.microsoft');

export const isQuantize = (node: Node | undefined): node is Node & { readonly op: 'QuantizeLinear' } =>
  isLinear(node, 'QuantizeLinear');
export const isDequantize = (node: Node | undefined): node is Node & { readonly op: 'DequantizeLinear' } =>
  isLinear(node, 'DequantizeLinear');

/** Parameters of a QuantizeLinear or DequantizeLinear node; undefined unless constant and not by blocks. */
export function quantParams(editor: GraphEditor, node: Node, types: DTypes): QuantParams | undefined {
  const scale = editor.constant(node.inputs[1]);
  if (scale?.dtype !== 'float32' || intAttr(node, 'block_size', 0) !== 0) return undefined;
  const name = node.inputs[2] ?? '';
  const axis = intAttr(node, 'axis', 1);
  if (name !== '') {
    const zeroPoint = editor.constant(name);
    return zeroPoint && { scale, zeroPoint, axis };
  }
  const dtype = absentZeroType(node, types);
  return (
    dtype && { scale, zeroPoint: fromNumbers(dtype, scale.dims, new Uint8Array(scale.data.length)), axis }
  );
}

type DTypes = (name: string) => DType | undefined;

function absentZeroType(node: Node, types: DTypes): DType | undefined {
  if (isDequantize(node)) return types(node.inputs[0]);
  const code = intAttr(node, 'output_dtype', 0);
  return code === 0 ? 'uint8' : dtypeFromOnnx(code, `QuantizeLinear node '${node.name}'`);
}

/** The integer value that a DequantizeLinear makes `value` from. */
export function dequantizedFrom(editor: GraphEditor, value: string, types: DTypes): Quantized | undefined {
  const node = editor.producer(value);
  if (!isDequantize(node)) return undefined;
  const params = quantParams(editor, node, types);
  return params && { name: node.inputs[0], params };
}

/** One scale for the whole tensor and an 8-bit type. */
export const isPerTensor8 = ({ scale, zeroPoint }: QuantParams): boolean =>
  scale.data.length === 1 && (zeroPoint.dtype === 'uint8' || zeroPoint.dtype === 'int8');

/** Whether greater integers stand for greater numbers, as they nearly always do. */
export const isIncreasing = ({ scale }: QuantParams): boolean => toNumbers(scale).every((s) => s > 0);

export const sameParams = (a: QuantParams, b: QuantParams): boolean =>
  sameTensor(a.scale, b.scale) &&
  sameTensor(a.zeroPoint, b.zeroPoint) &&
  (a.scale.data.length === 1 || a.axis === b.axis);

/** Equal types and numbers; one-element tensors of rank 0 and 1 are the same. */
function sameTensor(a: TensorValue, b: TensorValue): boolean {
  if (a === b) return true;
  if (a.dtype !== b.dtype || a.data.length !== b.data.length) return false;
  const [x, y] = [toNumbers(a), toNumbers(b)];
  return x.every((v, i) => v === y[i]);
}

/** int4 and uint4 constants as int8 and uint8: same numbers, the types that integer operators take. */
export function widened(value: TensorValue): TensorValue {
  if (value.dtype === 'int4') return tensor('int8', value.dims, value.data);
  if (value.dtype === 'uint4') return tensor('uint8', value.dims, value.data);
  return value;
}
