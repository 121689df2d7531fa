// Values as Tensors that onnxruntime-node takes.
import { Tensor } from 'onnxruntime-node';
import type { TensorValue } from '../../lib/tensor/tensor.js';

export function ortTensor({ dtype, data, dims }: TensorValue): Tensor {
  const made = new Tensor(dtype as 'float32', data as Float32Array, dims);
  // From Node 24 on it holds a Float16Array, which onnxruntime-node 1.30 does not know how to read.
  if (dtype === 'float16') Object.assign(made, { cpuData: data });
  return made;
}
