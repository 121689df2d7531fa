// Sequences and optionals: inside models against onnxruntime, and as inputs and outputs, which onnxruntime-node has not.
import { attr } from '../../lib/graph/attribute.js';
import { InferenceSession, Tensor } from '../../lib/index.js';
import { encodeModel, type GraphProto, type TypeProto } from '../../lib/onnx/schema.js';
import { f32, i64, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { type FileNode, fileGraph, onnxFile, ramp, runInOrt } from '../helpers/onnx-file.js';

const x = ramp('float32', [5, 4]);
const y = ramp('float32', [2, 4], 2);
const scalars = { zero: i64([0], []), one: i64([1], []), minus: i64([-2], []), two: i64([2], []) };
const sizes = i64([1, 3, 1]);

async function runHere(
  file: Uint8Array,
  feeds: Readonly<Record<string, TensorValue>>,
): Promise<Record<string, { dims: readonly number[]; values: number[] }>> {
  const session = await InferenceSession.create(file);
  const tensors = Object.entries(feeds).map(([name, { dtype, data, dims }]) => [
    name,
    new Tensor(dtype as 'float32', data as never, dims),
  ]);
  const outputs = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]) => [
      name,
      { dims, values: [...toNumbers({ dtype: type as 'float32', dims, data: data as never })] },
    ]),
  );
}

/** Nodes between x, y and output z, in kompakt and in onnxruntime. */
async function agree(nodes: readonly FileNode[]): Promise<void> {
  const inputs = { x, y };
  const file = onnxFile({
    opset: 13,
    inputs,
    constants: { ...scalars, sizes },
    nodes,
    outputs: { z: 'float32' },
  });
  expect(await runHere(file, inputs)).toEqual(await runInOrt(file, inputs));
}

const construct: FileNode = { op: 'SequenceConstruct', inputs: ['x', 'y', 'x'], outputs: ['s'] };
const join = (from: string, attributes: FileNode['attributes'] = { axis: attr.int(0) }): FileNode => ({
  op: 'ConcatFromSequence',
  inputs: [from],
  outputs: ['z'],
  attributes,
});

test.each<[string, readonly FileNode[]]>([
  ['SequenceAt', [construct, { op: 'SequenceAt', inputs: ['s', 'minus'], outputs: ['z'] }]],
  ['ConcatFromSequence', [construct, join('s')]],
  [
    'SequenceErase of the last',
    [construct, { op: 'SequenceErase', inputs: ['s'], outputs: ['t'] }, join('t')],
  ],
  [
    'SequenceErase at a position',
    [construct, { op: 'SequenceErase', inputs: ['s', 'one'], outputs: ['t'] }, join('t')],
  ],
  [
    'SequenceInsert at the front, after SequenceEmpty',
    [
      { op: 'SequenceEmpty', inputs: [], outputs: ['e'] },
      { op: 'SequenceInsert', inputs: ['e', 'x'], outputs: ['s'] },
      { op: 'SequenceInsert', inputs: ['s', 'y', 'zero'], outputs: ['t'] },
      join('t'),
    ],
  ],
  [
    'SequenceLength as a number',
    [
      construct,
      { op: 'SequenceLength', inputs: ['s'], outputs: ['n'] },
      { op: 'Cast', inputs: ['n'], outputs: ['z'], attributes: { to: attr.int(1) } },
    ],
  ],
  [
    'SplitToSequence into slices that are stacked again',
    [
      { op: 'SplitToSequence', inputs: ['x'], outputs: ['s'], attributes: { keepdims: attr.int(0) } },
      join('s', { axis: attr.int(-1), new_axis: attr.int(1) }),
    ],
  ],
  [
    'SplitToSequence into pairs',
    [
      { op: 'SplitToSequence', inputs: ['x', 'two'], outputs: ['s'] },
      { op: 'SequenceAt', inputs: ['s', 'two'], outputs: ['z'] },
    ],
  ],
  [
    'SplitToSequence into given sizes, computed with natively after',
    [
      { op: 'Relu', inputs: ['x'], outputs: ['r'] },
      { op: 'SplitToSequence', inputs: ['r', 'sizes'], outputs: ['s'] },
      { op: 'SequenceAt', inputs: ['s', 'one'], outputs: ['a'] },
      { op: 'Add', inputs: ['a', 'a'], outputs: ['z'] },
    ],
  ],
])('%s', (_, nodes) => agree(nodes));

describe('as inputs and outputs', () => {
  const tensorOf: TypeProto = { tensorType: { elemType: 1 } };
  const sequenceType: TypeProto = { sequenceType: { elemType: tensorOf } };
  const optionalType: TypeProto = { optionalType: { elemType: tensorOf } };
  const model = (nodes: readonly FileNode[], input: TypeProto, output: TypeProto, more: GraphProto = {}) =>
    encodeModel({
      irVersion: 8,
      graph: {
        ...fileGraph({ nodes, constants: scalars, outputs: {} }),
        input: [{ name: 'in', type: input }],
        output: [{ name: 'out', type: output }],
        ...more,
      },
      opsetImport: [{ domain: '', version: 17 }],
    });
  const run = async (file: Uint8Array, feed: unknown): Promise<unknown> => {
    const session = await InferenceSession.create(file);
    const feeds = { in: feed } as unknown as Parameters<typeof session.run>[0];
    return session
      .run(feeds)
      .then((results) => results.out)
      .finally(() => session.release());
  };
  const numbers = (...values: number[]) => new Tensor('float32', values, [values.length]);

  const erase: FileNode = { op: 'SequenceErase', inputs: ['in', 'zero'], outputs: ['out'] };
  test('a sequence is an array of Tensors', async () => {
    const out = await run(model([erase], sequenceType, sequenceType), [numbers(1), numbers(2, 3)]);
    expect(out).toMatchObject([{ dims: [2], data: Float32Array.of(2, 3) }]);
  });
  test('a position that is not there', () =>
    expect(run(model([erase], sequenceType, sequenceType), [])).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
    }));
  test('a Tensor is no sequence', () =>
    expect(run(model([erase], sequenceType, sequenceType), numbers(1))).rejects.toMatchObject({
      code: 'KPT_TYPE_MISMATCH',
    }));
  test('an optional without a value is null', async () => {
    const identity: FileNode = { op: 'Identity', inputs: ['in'], outputs: ['out'] };
    const file = model([identity], optionalType, optionalType);
    expect(await run(file, null)).toBeNull();
    expect(await run(file, numbers(4))).toMatchObject({ data: Float32Array.of(4) });
  });
  test('OptionalHasElement', async () => {
    const has: FileNode = { op: 'OptionalHasElement', inputs: ['in'], outputs: ['out'] };
    const file = model([has], optionalType, { tensorType: { elemType: 9 } });
    expect(await run(file, null)).toMatchObject({ data: Uint8Array.of(0) });
    expect(await run(file, numbers(4))).toMatchObject({ data: Uint8Array.of(1) });
  });
  test('OptionalGetElement of nothing', () => {
    const get: FileNode = { op: 'OptionalGetElement', inputs: ['in'], outputs: ['out'] };
    return expect(run(model([get], optionalType, tensorOf), null)).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
    });
  });
  test('SequenceMap with a tensor', async () => {
    const body = fileGraph({
      inputs: { a: f32([1], [0]), b: f32([1], [0]) },
      nodes: [{ op: 'Mul', inputs: ['a', 'b'], outputs: ['c'] }],
      outputs: { c: 'float32' },
    });
    const map: FileNode = { op: 'SequenceMap', inputs: ['in', 'k'], outputs: ['out'], subgraphs: { body } };
    const initializer = fileGraph({ nodes: [], outputs: {}, constants: { k: f32([1], [3]) } }).initializer;
    const file = model([map], sequenceType, sequenceType, { initializer });
    expect(await run(file, [numbers(1), numbers(5)])).toMatchObject([
      { data: Float32Array.of(3) },
      { data: Float32Array.of(15) },
    ]);
  });
  test('an operator on tensors refuses a sequence', () => {
    const relu: FileNode = { op: 'Relu', inputs: ['in'], outputs: ['out'] };
    return expect(run(model([relu], sequenceType, tensorOf), [numbers(1)])).rejects.toMatchObject({
      code: 'KPT_TYPE_MISMATCH',
    });
  });
});
