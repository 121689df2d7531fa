// Inputs that operators need and those that may be absent: what onnxruntime reads is read, and gives the same.
import { Tensor } from 'onnxruntime-common';
import { attr } from '../../lib/graph/attribute.js';
import { Model } from '../../lib/model/model.js';
import { ops } from '../../lib/ops/index.js';
import { InferenceSession } from '../../lib/session/session.js';
import { f32, fromNumbers, i64, type TensorValue } from '../../lib/tensor/tensor.js';
import { type FileNode, type FileOptions, fileGraph, onnxFile, runInOrt } from '../helpers/onnx-file.js';

/** Adds 0.5 to what it carries while the turn is before the third. */
const body = fileGraph({
  inputs: {
    turn: i64([0], []),
    going: fromNumbers('bool', [], [1]),
    carried: f32([2], [0, 0]),
  },
  constants: { half: f32([], [0.5]), last: i64([2], []) },
  nodes: [
    { op: 'Add', inputs: ['carried', 'half'], outputs: ['more'] },
    { op: 'Less', inputs: ['turn', 'last'], outputs: ['on'] },
  ],
  outputs: { on: 'bool', more: 'float32' },
});
const loop = (...inputs: string[]): FileNode => ({
  op: 'Loop',
  inputs: [...inputs, 'x'],
  outputs: ['y'],
  subgraphs: { body },
});

const x = f32([2], [1, -4]);
const bytes = fromNumbers('uint8', [1, 2, 2, 2], [3, 250, 17, 90, 201, 0, 128, 64]);
const zero = (value: number): TensorValue => fromNumbers('uint8', [], [value]);
const scales = { s: f32([], [0.02]), t: f32([], [0.04]), z: zero(9), '-': zero(0) };
/** '-' is a zero point of 0, which may be absent. */
const integer = (op: string, inputs: string, attributes: FileNode['attributes'] = {}): FileNode => ({
  op,
  domain: 'com.microsoft',
  inputs: inputs.split(' '),
  outputs: ['y'],
  attributes,
});

const cases: readonly (readonly [string, FileNode, TensorValue, Readonly<Record<string, TensorValue>>])[] = [
  ['Loop without a condition', loop('turns', ''), x, { turns: i64([2], []) }],
  ['Loop without a number of turns', loop('', 'yes'), x, { yes: fromNumbers('bool', [], [1]) }],
  ['Loop without either', loop('', ''), x, {}],
  ['Loop that makes no turn', loop('', 'no'), x, { no: fromNumbers('bool', [], [0]) }],
  ['QLinearAdd without zero points', integer('QLinearAdd', 'x s - x t - s z'), bytes, scales],
  ['QLinearMul without a zero point', integer('QLinearMul', 'x s z x t - t'), bytes, scales],
  ['QLinearSigmoid without a zero point', integer('QLinearSigmoid', 'x s - s z'), bytes, scales],
  ['QLinearLeakyRelu without a zero point', integer('QLinearLeakyRelu', 'x s - s z'), bytes, scales],
  [
    'QLinearAveragePool without a zero point',
    integer('QLinearAveragePool', 'x s - t z', { kernel_shape: attr.ints([2, 2]) }),
    bytes,
    scales,
  ],
];

test.each(cases)('%s', async (_, node, value, constants) => {
  const options: FileOptions = {
    opset: 13,
    inputs: { x: value },
    constants,
    nodes: [node],
    outputs: { y: value.dtype },
    domains: { 'com.microsoft': 1 },
  };
  // Most kernels of onnxruntime want the zero points that its own schemas say may be absent.
  const wanted = await runInOrt(onnxFile(options), { x: value });
  const absent = { ...node, inputs: node.inputs.map((name) => name.replace('-', '')) };
  const session = await InferenceSession.create(onnxFile({ ...options, nodes: [absent] }));
  const { y } = await session.run({
    x: new Tensor(value.dtype as 'float32', value.data as never, value.dims),
  });
  await session.release();
  expect([...y!.dims]).toEqual([...wanted.y!.dims]);
  expect(Array.from(y!.data as Uint8Array)).toEqual(wanted.y!.values);
});

test.each([
  ['an absent input that is needed', { op: 'Add', inputs: ['x', ''], outputs: ['y'] }, /needs input 1/],
  ['none behind optional ones', integer('QLinearAdd', 'x s z'), /needs input 3/],
  ['a first output that is left out', { op: 'TopK', inputs: ['x', 'k'], outputs: ['', 'y'] }, /for output 0/],
  ['a second one', { op: 'TopK', inputs: ['x', 'k'], outputs: ['y'] }, /for output 1/],
  ['too many inputs', { op: 'Relu', inputs: ['x', 'x'], outputs: ['y'] }, /has 2 inputs/],
])('%s is refused', (_, node, message) => {
  const file = onnxFile({
    opset: 13,
    inputs: { x },
    constants: { ...scales, k: i64([1], [1]) },
    nodes: [node],
    outputs: { y: 'float32' },
    domains: { 'com.microsoft': 1 },
  });
  expect(() => Model.loadSync(file)).toThrow(message);
});

test('what may be absent stands before something that is needed', () => {
  for (const { inputs, optional = [] } of ops.values())
    for (const i of optional) expect(i).toBeLessThan(inputs[0]);
});
