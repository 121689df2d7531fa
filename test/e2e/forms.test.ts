// The forms that ONNX files come in, through InferenceSession and beside onnxruntime: every opset, half-precision and
// sparse weights, sizes that differ from run to run, no elements, no axes.
import { attr } from '../../lib/graph/attribute.js';
import { newestOpset } from '../../lib/graph/graph.js';
import { encodeModel } from '../../lib/onnx/schema.js';
import { writeTensor } from '../../lib/onnx/tensor-proto.js';
import { toTensor } from '../../lib/session/feeds.js';
import { InferenceSession } from '../../lib/session/session.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers, i64, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import {
  type FileNode,
  type FileOptions,
  fileGraph,
  onnxFile,
  ramp,
  runInOrt,
} from '../helpers/onnx-file.js';
import { noise } from '../helpers/run-reference.js';

type Feeds = Readonly<Record<string, TensorValue>>;

async function runOurs(bytes: Uint8Array, feeds: Feeds) {
  const session = await InferenceSession.create(bytes);
  const tensors = Object.entries(feeds).map(([name, value]) => [name, toTensor(value)]);
  const outputs = await session.run(Object.fromEntries(tensors));
  await session.release();
  return outputs;
}

async function expectLikeOrt(bytes: Uint8Array, feeds: Feeds, tolerance = 1e-6): Promise<void> {
  const ours = await runOurs(bytes, feeds);
  const theirs = await runInOrt(bytes, feeds);
  for (const [name, { dims, values }] of Object.entries(theirs)) {
    expect(ours[name]!.dims).toEqual(dims);
    const numbers = toNumbers(tensor(ours[name]!.type as DType, dims, ours[name]!.data as Float32Array));
    expect(numbers.length).toBe(values.length);
    numbers.forEach((v, i) => {
      expect(Math.abs(v - values[i]!)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(values[i]!)));
    });
  }
}

/** A small classifier of operators that every opset from 7 on has in this form. */
const classifier = (opset: number): FileOptions => ({
  opset,
  inputs: { x: noise('float32', [2, 3, 8, 8]) },
  constants: {
    w: noise('float32', [4, 3, 3, 3], 2),
    scale: noise('float32', [4], 3, [0.5, 2]),
    shift: noise('float32', [4], 4),
    mean: noise('float32', [4], 5),
    variance: noise('float32', [4], 6, [0.5, 2]),
    shape: i64([2, 4]),
    gemm: noise('float32', [5, 4], 7),
    bias: noise('float32', [5], 8),
  },
  nodes: [
    { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'], attributes: { pads: attr.ints([1, 1, 1, 1]) } },
    { op: 'BatchNormalization', inputs: ['a', 'scale', 'shift', 'mean', 'variance'], outputs: ['b'] },
    { op: 'LeakyRelu', inputs: ['b'], outputs: ['c'] },
    { op: 'MaxPool', inputs: ['c'], outputs: ['d'], attributes: { kernel_shape: attr.ints([2, 2]) } },
    { op: 'GlobalAveragePool', inputs: ['d'], outputs: ['e'] },
    { op: 'Reshape', inputs: ['e', 'shape'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'gemm', 'bias'], outputs: ['g'], attributes: { transB: attr.int(1) } },
    { op: 'Softmax', inputs: ['g'], outputs: ['y'], attributes: { axis: attr.int(1) } },
  ],
  outputs: { y: 'float32' },
});

describe('opsets', () => {
  const newestInOrt = 24;
  test.each(Array.from({ length: newestInOrt - 6 }, (_, i) => i + 7))('%d', (opset) =>
    expectLikeOrt(onnxFile(classifier(opset)), classifier(opset).inputs!),
  );
  test.each([25, newestOpset, newestOpset + 1])('%d gives what 24 gives', async (opset) => {
    const { inputs } = classifier(opset);
    const [now, before] = await Promise.all(
      [opset, newestInOrt].map((version) => runOurs(onnxFile(classifier(version)), inputs!)),
    );
    expect(now!.y!.data).toEqual(before!.y!.data);
  });
});

describe('half precision', () => {
  const half = (dtype: DType, dims: readonly number[], seed: number) =>
    fromNumbers(dtype, dims, toNumbers(noise('float32', dims, seed)));
  const product = (nodes: readonly FileNode[], weight: TensorValue, rest: Partial<FileOptions>) =>
    onnxFile({
      opset: 17,
      constants: { w: weight },
      nodes,
      outputs: { y: 'float32' },
      inputs: { x: noise('float32', [2, 3]) },
      ...rest,
    });
  const widened: readonly FileNode[] = [
    { op: 'Cast', inputs: ['w'], outputs: ['wide'], attributes: { to: attr.int(1) } },
    { op: 'MatMul', inputs: ['x', 'wide'], outputs: ['y'] },
  ];

  test.each(['float16', 'bfloat16'] as const)('%s weights of a float32 net', (dtype) =>
    expectLikeOrt(product(widened, half(dtype, [3, 5], 2), {}), { x: noise('float32', [2, 3]) }),
  );

  test('a net in float16', () => {
    const x = half('float16', [2, 3], 1);
    const nodes = [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }];
    const rest = { inputs: { x }, outputs: { y: 'float16' } } as const;
    return expectLikeOrt(product(nodes, half('float16', [3, 5], 2), rest), { x }, 2e-3);
  });

  test('bfloat16 keeps the upper half of a float32', async () => {
    const exact = fromNumbers('bfloat16', [3, 1], [1.5, -0.25, 3]);
    const y = await runOurs(product(widened, exact, {}), { x: f32([2, 3], [2, 4, 1, 0, 8, 0]) });
    expect([...(y.y!.data as Float32Array)]).toEqual([5, -2]);
  });
});

test('sparse weights', async () => {
  const dense = f32([3, 4], [0, 0, 5, 0, -2, 0, 0, 0, 0, 0, 0, 7]);
  const feeds = { x: noise('float32', [2, 3]) };
  const nodes = [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }];
  const outputs = { y: 'float32' } as const;
  const sparse = {
    values: writeTensor('w', f32([3], [5, -2, 7])),
    indices: writeTensor('', i64([2, 4, 11])),
    dims: [3, 4],
  };
  const graph = { ...fileGraph({ inputs: feeds, nodes, outputs }), sparseInitializer: [sparse] };
  const bytes = encodeModel({ irVersion: 8, graph, opsetImport: [{ domain: '', version: 17 }] });
  await expectLikeOrt(bytes, feeds);
  const ours = await runOurs(bytes, feeds);
  const wanted = await runOurs(
    onnxFile({ opset: 17, inputs: feeds, constants: { w: dense }, nodes, outputs }),
    feeds,
  );
  expect(ours.y!.data).toEqual(wanted.y!.data);
});

describe('sizes', () => {
  /** Rows of x, doubled and joined behind themselves; the shapes are computed in the graph. */
  const graph = fileGraph({
    inputs: { x: ramp('float32', [1, 1]) },
    constants: { two: f32([], [2]), axis: i64([0]) },
    nodes: [
      { op: 'Mul', inputs: ['x', 'two'], outputs: ['double'] },
      { op: 'Concat', inputs: ['x', 'double'], outputs: ['both'], attributes: { axis: attr.int(0) } },
      { op: 'Shape', inputs: ['both'], outputs: ['dims'] },
      { op: 'ReduceProd', inputs: ['dims'], outputs: ['count'], attributes: { keepdims: attr.int(1) } },
      { op: 'Reshape', inputs: ['both', 'count'], outputs: ['y'] },
    ],
    outputs: { y: 'float32' },
  });
  const dims = (...dim: readonly object[]) => ({
    ...graph,
    input: [{ name: 'x', type: { tensorType: { elemType: 1, shape: { dim } } } }],
  });
  const bytes = (g: object) =>
    encodeModel({ irVersion: 8, graph: g, opsetImport: [{ domain: '', version: 17 }] });

  test.each([
    ['symbols', dims({ dimParam: 'rows' }, { dimParam: 'columns' })],
    ['nothing at all', dims({}, {})],
    ['no shape', { ...graph, input: [{ name: 'x', type: { tensorType: { elemType: 1 } } }] }],
  ])('%s: one session, many shapes, none of them empty but one', async (_, g) => {
    const session = await InferenceSession.create(bytes(g));
    for (const shape of [
      [1, 1],
      [3, 5],
      [2, 7],
      [3, 5],
      [0, 4],
    ]) {
      const x = noise('float32', shape, shape[0]! + 1);
      const wanted = await runInOrt(bytes(g), { x });
      const { y } = await session.run({ x: toTensor(x) });
      expect(y!.dims).toEqual(wanted.y!.dims);
      expect([...(y!.data as Float32Array)]).toEqual(wanted.y!.values);
    }
    await session.release();
  });

  test('a size that contradicts its symbol or number is refused', async () => {
    const fixed = bytes(dims({ dimValue: 2 }, { dimParam: 'columns' }));
    await expect(runOurs(fixed, { x: noise('float32', [3, 4]) })).rejects.toMatchObject({
      code: 'KPT_SHAPE_MISMATCH',
    });
    await expectLikeOrt(fixed, { x: noise('float32', [2, 4]) });
  });

  test('rank 0 in, between and out', () => {
    const feeds = { x: f32([], [3]), v: f32([4], [1, 2, 3, 4]) };
    const file = onnxFile({
      opset: 17,
      inputs: feeds,
      nodes: [
        { op: 'Exp', inputs: ['x'], outputs: ['e'] },
        { op: 'Mul', inputs: ['e', 'v'], outputs: ['m'] },
        { op: 'ReduceMax', inputs: ['m'], outputs: ['y'], attributes: { keepdims: attr.int(0) } },
        { op: 'Sub', inputs: ['y', 'e'], outputs: ['z'] },
      ],
      outputs: { y: 'float32', z: 'float32' },
    });
    return expectLikeOrt(file, feeds);
  });
});

test('initializers that are inputs too are what the file says', () => {
  const graph = fileGraph({
    inputs: { x: ramp('float32', [2, 3]), w: ramp('float32', [3, 2]) },
    constants: { w: noise('float32', [3, 2], 4) },
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    outputs: { y: 'float32' },
  });
  const file = encodeModel({ irVersion: 3, graph, opsetImport: [{ domain: '', version: 8 }] });
  return expectLikeOrt(file, { x: noise('float32', [2, 3]) });
});
