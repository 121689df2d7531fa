// A program written for onnxruntime-node: the ways to make and read tensors.
import * as ort from 'onnxruntime-node';

const show = (tensor: ort.Tensor): void =>
  console.log(tensor.type, tensor.dims, tensor.size, Array.from(tensor.data as ArrayLike<unknown>, String));

const typed: ort.TypedTensor<'float32'> = new ort.Tensor('float32', [1.5, 2, 3, 4], [2, 2]);
show(typed);
show(typed.reshape([4]));
show(new ort.Tensor(Int32Array.of(1, -2), [2]));
show(new ort.Tensor('int64', [1n, -2n], [2]));
show(new ort.Tensor('bool', [true, false, true]));
show(new ort.Tensor(['one', 'two']));
show(new ort.Tensor('uint8', Uint8Array.of(255), []));
const types: ort.Tensor.Type[] = ['float32', 'uint8', 'int8'];
console.log(types.map((type) => new ort.Tensor(type as 'float32', [0], [1]).type));
const elements: ort.Tensor.DataType = typed.data;
console.log(elements.length);
try {
  new ort.Tensor('float32', [1, 2, 3], [2, 2]);
} catch (error) {
  console.log((error as Error).constructor === Error);
}
