// Gradient in files: the function between the names that it gives, evaluated and differentiated at its inputs.
import { attr } from '../../lib/graph/attribute.js';
import { verify } from '../../lib/graph/verify.js';
import { InferenceSession, Model, Tensor } from '../../lib/index.js';
import { runReference } from '../../lib/run/reference.js';
import { sizeOf } from '../../lib/tensor/shape.js';
import { f32, fromNumbers, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { randomNumbers } from '../helpers/gradient-case.js';
import { type FileNode, onnxFile } from '../helpers/onnx-file.js';

const domain = 'ai.onnx.preview.training';
const gradient = (
  inputs: readonly string[],
  outputs: readonly string[],
  xs: readonly string[],
  y: string,
  zs?: readonly string[],
): FileNode => ({
  op: 'Gradient',
  domain,
  inputs,
  outputs,
  attributes: { xs: attr.strings(xs), y: attr.string(y), ...(zs && { zs: attr.strings(zs) }) },
});
const mul = (a: string, b: string, y: string): FileNode => ({ op: 'Mul', inputs: [a, b], outputs: [y] });

const file = (
  inputs: Readonly<Record<string, TensorValue>>,
  nodes: readonly FileNode[],
  outputs: readonly string[],
  constants: Readonly<Record<string, TensorValue>> = {},
): Uint8Array =>
  onnxFile({
    opset: 18,
    inputs,
    constants,
    nodes,
    outputs: Object.fromEntries(outputs.map((name) => [name, Object.values(inputs)[0]!.dtype])),
    domains: { [domain]: 1 },
  });

/** What the reference, the session and a session on the saved file give, which must be the same. */
async function run(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, TensorValue>>,
): Promise<Record<string, number[]>> {
  const model = await Model.load(bytes);
  verify(model.graph);
  const results = runReference(model.graph, new Map(Object.entries(feeds)));
  const wanted = Object.fromEntries(
    [...results].map(([name, { data }]) => [name, [...(data as Float32Array)]]),
  );
  const saved = (await Model.load(model.toBytes())).toBytes();
  for (const source of [bytes, model.toBytes(), saved]) {
    const session = await InferenceSession.create(source);
    const tensors = Object.entries(feeds).map(([name, { data, dims }]) => [
      name,
      new Tensor('float32', data as Float32Array, dims),
    ]);
    const got = await session.run(Object.fromEntries(tensors));
    for (const [name, values] of Object.entries(wanted))
      expect([...(got[name] as Tensor).data]).toEqual(values);
    await session.release();
  }
  return wanted;
}

const one = (value: number): TensorValue => f32([], [value]);

test('differentiates by xs, holds zs', async () => {
  const feeds = { w: one(3), x: one(5), z: one(7) };
  const nodes = [
    mul('w', 'x', 'h'),
    mul('h', 'z', 'y'),
    gradient(['w', 'z', 'x'], ['dw', 'dz'], ['w', 'z'], 'y', ['x']),
  ];
  expect(await run(file(feeds, nodes, ['y', 'dw', 'dz']), feeds)).toEqual({ y: [105], dw: [35], dz: [15] });
});

test('is the limit of differences, through a convolution and a product', async () => {
  const double = (dims: readonly number[], seed: number): TensorValue => {
    const random = randomNumbers(seed);
    return fromNumbers(
      'float64',
      dims,
      Array.from({ length: sizeOf(dims) }, () => 2 * random() - 1),
    );
  };
  const feeds = { x: double([1, 2, 5, 5], 1), w: double([3, 2, 3, 3], 2), z: double([27, 2], 3) };
  const nodes: FileNode[] = [
    { op: 'Conv', inputs: ['x', 'w'], outputs: ['h'] },
    { op: 'Flatten', inputs: ['h'], outputs: ['flat'] },
    { op: 'Tanh', inputs: ['flat'], outputs: ['bent'] },
    { op: 'Gemm', inputs: ['bent', 'z'], outputs: ['y'] },
    gradient(['w', 'z', 'x'], ['dw', 'dz'], ['w', 'z'], 'y', ['x']),
  ];
  const { graph } = await Model.load(file(feeds, nodes, ['y', 'dw', 'dz']));
  const at = (name: string, i: number, h: number): number => {
    const moved = new Map<string, TensorValue>(Object.entries(feeds));
    const values = toNumbers(moved.get(name)!);
    values[i]! += h;
    moved.set(name, fromNumbers('float64', moved.get(name)!.dims, values));
    return toNumbers(runReference(graph, moved).get('y')!).reduce((a, b) => a + b);
  };
  const results = runReference(graph, new Map(Object.entries(feeds)));
  for (const name of ['w', 'z'] as const) {
    const gradients = toNumbers(results.get(`d${name}`)!);
    expect(gradients.length).toBe(feeds[name].data.length);
    for (const i of [0, 7, gradients.length - 1])
      expect(gradients[i]).toBeCloseTo((at(name, i, 1e-4) - at(name, i, -1e-4)) / 2e-4, 6);
  }
});

test('evaluates the function at its inputs, which need not be what it names', async () => {
  const feeds = { x: one(3), at: one(10) };
  const nodes = [mul('x', 'x', 'y'), gradient(['at'], ['dx'], ['x'], 'y')];
  expect(await run(file(feeds, nodes, ['y', 'dx']), feeds)).toEqual({ y: [9], dx: [20] });
});

test('sums over the elements of y, and starts at an intermediate value', async () => {
  const feeds = { x: f32([2, 2], [1, 2, 3, 4]) };
  const nodes: FileNode[] = [
    { op: 'Neg', inputs: ['x'], outputs: ['h'] },
    mul('h', 'h', 'y'),
    gradient(['h'], ['dh'], ['h'], 'y'),
  ];
  expect(await run(file(feeds, nodes, ['dh']), feeds)).toEqual({ dh: [-2, -4, -6, -8] });
});

test('a constant of the file can be differentiated by, broadcast and all', async () => {
  const feeds = { x: f32([3, 2], [1, 2, 3, 4, 5, 6]) };
  const nodes: FileNode[] = [
    { op: 'Add', inputs: ['x', 'b'], outputs: ['y'] },
    gradient(['b', 'x'], ['db'], ['b'], 'y', ['x']),
  ];
  const bytes = file(feeds, nodes, ['db'], { b: f32([2], [0, 0]) });
  expect(await run(bytes, feeds)).toEqual({ db: [3, 3] });
});

test('gives derivatives of derivatives', async () => {
  const feeds = { x: one(3) };
  const nodes = [
    // The inner one comes later in the file.
    gradient(['x'], ['ddx'], ['x'], 'dx'),
    mul('x', 'x', 'square'),
    mul('square', 'x', 'y'),
    gradient(['x'], ['dx'], ['x'], 'y'),
  ];
  expect(await run(file(feeds, nodes, ['dx', 'ddx']), feeds)).toEqual({ dx: [27], ddx: [18] });
});

test('what y does not depend on has the derivative 0; y itself has 1', async () => {
  const feeds = { x: one(3), z: f32([2], [1, 2]) };
  const nodes = [
    mul('x', 'x', 'y'),
    gradient(['x', 'z'], ['', 'dz'], ['x', 'z'], 'y'),
    gradient(['y'], ['dy'], ['y'], 'y'),
  ];
  expect(await run(file(feeds, nodes, ['dz', 'dy']), feeds)).toEqual({ dz: [0, 0], dy: [1] });
});

test('shapes may differ from run to run', async () => {
  const model = await Model.load(
    file({ x: f32([2], [1, 2]) }, [mul('x', 'x', 'y'), gradient(['x'], ['dx'], ['x'], 'y')], ['dx']),
  );
  const free = { ...model.graph, inputs: model.graph.inputs.map((input) => ({ ...input, dims: ['N'] })) };
  const session = InferenceSession.fromModel(model.withGraph(free));
  for (const values of [[1], [1, 2, 3]]) {
    const { dx } = await session.run({
      x: new Tensor('float32', Float32Array.from(values), [values.length]),
    });
    expect([...(dx as Tensor).data]).toEqual(values.map((v) => 2 * v));
  }
  await session.release();
});

describe('refuses', () => {
  const x = { x: one(1) };
  const square = mul('x', 'x', 'y');
  const chain = (order: number): FileNode[] =>
    Array.from({ length: order }, (_, i) => gradient(['x'], [`d${i + 1}`], ['x'], i === 0 ? 'y' : `d${i}`));
  test.each<[string, string, FileNode[]]>([
    ['a name that nothing defines', 'KPT_GRAPH_INVALID', [square, gradient(['x'], ['d'], ['x'], 'nothing')]],
    ['no y', 'KPT_ATTRIBUTE_INVALID', [square, { ...gradient(['x'], ['d'], ['x'], ''), attributes: {} }]],
    ['fewer inputs than names', 'KPT_GRAPH_INVALID', [square, gradient(['x'], ['d'], ['x'], 'y', ['y'])]],
    ['a name given twice', 'KPT_GRAPH_INVALID', [square, gradient(['x', 'x'], ['d'], ['x', 'x'], 'y')]],
    ['more outputs than xs', 'KPT_GRAPH_INVALID', [square, gradient(['x'], ['d', 'e'], ['x'], 'y')]],
    ['what depends on itself', 'KPT_GRAPH_INVALID', [mul('x', 'd', 'y'), gradient(['x'], ['d'], ['x'], 'y')]],
    ['a high order', 'KPT_ONNX_UNSUPPORTED', [square, ...chain(5)]],
  ])('%s', async (_, code, nodes) => {
    await expect(Model.load(file(x, nodes, ['y']))).rejects.toThrow(expect.objectContaining({ code }));
  });

  test('an operator without a gradient, by name', async () => {
    const nodes: FileNode[] = [
      { op: 'Hardmax', inputs: ['x'], outputs: ['y'] },
      gradient(['x'], ['d'], ['x'], 'y'),
    ];
    const feeds = { x: f32([2], [1, 2]) };
    await expect(run(file(feeds, nodes, ['d']), feeds)).rejects.toThrow(
      expect.objectContaining({
        code: 'KPT_NOT_DIFFERENTIABLE',
        message: expect.stringContaining('Hardmax'),
      }),
    );
  });
});
