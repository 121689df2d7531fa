// UNIDIRECTIONAL_SEQUENCE_LSTM as LSTM: float activations, weights float or 8 bits. Inputs: x, weights of the input for
// the gates i, f, c, o, weights of the state likewise, 3 peepholes, 4 biases, projection and its bias, state, cell, and 4
// factors of layer normalisation. The state starts at 0, as in an interpreter that was just made.
import { attr } from '../../graph/attribute.js';
import { f32, i64 } from '../../tensor/tensor.js';
import type { Convert, Operator } from '../operator.js';

/** Gates in the order of ONNX, as offsets into a group of inputs in the order i, f, c, o. */
const onnxOrder = [0, 3, 1, 2];
const [INPUT_WEIGHTS, STATE_WEIGHTS, PEEPHOLES, BIASES, PROJECTION, FACTORS] = [1, 5, 9, 12, 16, 20];
const TANH = 4;

function checkSupported(operator: Operator): void {
  const { graph, options } = operator;
  if (graph.tensor(operator.input(0)).quantization !== undefined) operator.unsupported('integer activations');
  if (!operator.has(INPUT_WEIGHTS)) operator.unsupported('coupled gates');
  for (const [first, count, what] of [
    [PEEPHOLES, 3, 'peepholes'],
    [PROJECTION, 2, 'a projection'],
    [FACTORS, 4, 'layer normalisation'],
  ] as const)
    for (let i = 0; i < count; i++) if (operator.has(first + i)) operator.unsupported(what);
  if (options.int8(0) !== TANH) operator.unsupported(`activation ${options.int8(0)}`);
  if (options.float32(1) !== 0 || options.float32(2) !== 0) operator.unsupported('clipped cells');
}

export const sequenceLstm: Convert = (operator) => {
  checkSupported(operator);
  const { graph, options } = operator;
  const x = operator.input(0);
  const { dims } = graph.tensor(x);
  if (dims.length !== 3) operator.unsupported(`an input of shape [${dims.join(',')}]`);
  const hidden = operator.tensor(STATE_WEIGHTS).dims[1];
  const joined = (names: readonly string[], shape: readonly number[]): string => {
    const rows = graph.emit('Concat', names, { axis: attr.int(0) });
    return graph.emit('Reshape', [rows, graph.constant('shape', i64(shape))]);
  };
  const gates = (first: number, columns: number): string =>
    joined(
      onnxOrder.map((gate) => graph.weight(operator.input(first + gate), [0, 1], x)),
      [1, 4 * hidden, columns],
    );
  const biases = onnxOrder.map((gate) => graph.stored(operator.input(BIASES + gate), 'last'));
  const none = graph.constant('no_bias', f32([4 * hidden], new Float32Array(4 * hidden)));
  const timeFirst = options.bool(3);
  const swapped = { perm: attr.ints([1, 0, 2]) };
  const real = graph.real(x, 'last');
  const inputs = [
    timeFirst ? real : graph.emit('Transpose', [real], swapped),
    gates(INPUT_WEIGHTS, dims[2]),
    gates(STATE_WEIGHTS, hidden),
    joined([...biases, none], [1, 8 * hidden]),
  ];
  const lstm = graph.emit('LSTM', inputs, { hidden_size: attr.int(hidden) });
  const direction = graph.constant('direction', i64([1]));
  graph.storeReal(operator.output(), 'last', { op: 'Squeeze', inputs: [lstm, direction] }, [
    ...(timeFirst ? [] : [(y: string) => ({ op: 'Transpose', inputs: [y], attributes: swapped })]),
  ]);
};
