// FULLY_CONNECTED as Gemm, BATCH_MATMUL as MatMul.
import { attr } from '../../graph/attribute.js';
import { i64 } from '../../tensor/tensor.js';
import type { Convert } from '../operator.js';

export const fullyConnected: Convert = (operator) => {
  const { graph, options } = operator;
  const x = operator.input(0);
  const w = operator.input(1);
  const y = operator.output();
  if (options.int8(1) !== 0) operator.unsupported('shuffled weights');
  const weightDims = operator.tensor(1).dims;
  if (weightDims.length !== 2) operator.unsupported(`weights of shape [${weightDims.join(',')}]`);
  const [outputs, depth] = weightDims;
  const shape = (dims: readonly number[]): string => graph.constant('shape', i64(dims));
  const rows = operator.tensor(0).dims.length === 2;
  const real = graph.real(x, 'last');
  const inputs = [
    rows ? real : graph.emit('Reshape', [real, shape([-1, depth])]),
    graph.weight(w, [0, 1], x),
  ];
  if (operator.has(2)) inputs.push(graph.bias(operator.input(2), x, w));
  const { dims } = graph.tensor(y);
  const flat = dims.length === 2 && dims[1] === outputs;
  graph.storeReal(y, 'last', { op: 'Gemm', inputs, attributes: { transB: attr.int(1) } }, [
    ...operator.activation(0),
    ...(flat ? [] : [(value: string) => ({ op: 'Reshape', inputs: [value, shape(dims)] })]),
  ]);
};

export const batchMatmul: Convert = (operator) => {
  const { graph, options } = operator;
  /** The operand with its last two axes exchanged where the option says so. */
  const matrix = (at: number): string => {
    const real = graph.real(operator.input(at), 'last');
    const rank = operator.tensor(at).dims.length;
    if (!options.bool(at)) return real;
    const axes = Array.from({ length: rank }, (_, i) => i);
    return graph.emit('Transpose', [real], { perm: attr.ints([...axes.slice(0, -2), rank - 1, rank - 2]) });
  };
  graph.storeReal(operator.output(), 'last', { op: 'MatMul', inputs: [matrix(0), matrix(1)] });
};
