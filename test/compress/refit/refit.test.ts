// What is left of layers is fitted to what they made before.
import { prune } from '../../../lib/compress/prune-model.js';
import { attr } from '../../../lib/graph/attribute.js';
import type { Graph } from '../../../lib/graph/graph.js';
import { Model } from '../../../lib/model/model.js';
import { emptyMetadata } from '../../../lib/onnx/metadata.js';
import { saveModel } from '../../../lib/onnx/save.js';
import { GraphExecutor } from '../../../lib/session/executor.js';
import { toTensor } from '../../../lib/session/feeds.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { evaluate } from '../../../lib/train/evaluate.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { randomFloats } from '../../helpers/random-floats.js';
import { readInBodies } from '../../helpers/read-in-bodies.js';
import { digits, trainedDigits } from '../../helpers/trained-digits.js';

const modelOf = (graph: Graph): Promise<Model> =>
  Model.load(saveModel({ graph, metadata: emptyMetadata, functions: [] }));

const inputs = Array.from({ length: 24 }, (_, i) => f32([1, 3, 8, 8], randomFloats(192, i + 1, 2)));
const data = inputs.map((x) => ({ feeds: { x: toTensor(x) }, label: 0 }));

/** Every other channel between the layers is half the one before, and leaves first. */
function halved(second: 'Conv' | 'Gemm' | 'grouped', biases: boolean): Graph {
  const g = new TestGraph([1, 3, 8, 8]);
  const pads = { pads: attr.ints([1, 1, 1, 1]) };
  const half = randomFloats(8 * 27, 5, 0.3);
  const w = Float32Array.from({ length: 16 * 27 }, (_, i) => {
    const [channel, k] = [Math.floor(i / 27), i % 27];
    return half[Math.floor(channel / 2) * 27 + k]! * (channel % 2 === 0 ? 1 : 0.5);
  });
  const b = Float32Array.from({ length: 16 }, (_, c) => (c % 2 === 0 ? 0.1 : 0.05));
  const first = g.op(
    'Conv',
    [g.x, g.constant('w', f32([16, 3, 3, 3], w)), g.constant('b', f32([16], b))],
    pads,
  );
  const a = g.op('Relu', [first]);
  const bias = (n: number): string[] => (biases ? [g.weights(n)] : []);
  if (second === 'Gemm') {
    const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [a])]);
    return g.done(g.op('Gemm', [pooled, g.weights(16, 5), ...bias(5)]));
  }
  const groups = second === 'grouped' ? 2 : 1;
  const v = g.weights(6, 16 / groups, 3, 3);
  return g.done(g.node('Conv', [a, v, ...bias(6)], { ...pads, group: attr.int(groups) })[0]!);
}

async function noise(a: Graph, b: Graph, samples = inputs): Promise<number> {
  const [y, z] = await Promise.all(
    [a, b].map(async (graph) => {
      const executor = new GraphExecutor(graph, 1);
      const found: number[] = [];
      for (const x of samples)
        for (const value of (await executor.run(new Map([['x', x]]))).values())
          found.push(...toNumbers(value));
      executor.release();
      return found;
    }),
  );
  const power = (values: readonly number[]): number => values.reduce((sum, v) => sum + v * v, 0);
  return power(y!.map((v, i) => v - z![i]!)) / power(y!);
}

test.each([
  ['Conv', true],
  ['Conv', false],
  ['grouped', true],
  ['grouped', false],
  ['Gemm', true],
  ['Gemm', false],
] as const)('%s, bias %s: what stays takes over what left', async (second, biases) => {
  const graph = halved(second, biases);
  const model = await modelOf(graph);
  const channels = { share: 0.5, roundTo: 1, importance: 'l1', scope: 'uniform' } as const;
  const made = async (refit: boolean) => {
    const { model: small } = await prune(model, { channels: { ...channels, refit }, data });
    expect(small.graph.constants.size).toBe(graph.constants.size);
    return noise(graph, small.graph);
  };
  const [cut, fitted] = [await made(false), await made(true)];
  expect(cut).toBeGreaterThan(0.03);
  expect(fitted).toBeLessThan(0.01 * cut);
});

test('samples with NaN, and sums beyond float32, are refused by name', async () => {
  const model = await modelOf(halved('Conv', true));
  const channels = { share: 0.5, roundTo: 1 } as const;
  const with3 = (value: number, name?: string) =>
    data.map(({ feeds, label }, i) => {
      if (i !== 3) return { feeds, label };
      const x = f32(
        [1, 3, 8, 8],
        Float32Array.from(toNumbers(inputs[i]!), (v, k) => (k === 7 ? value : v)),
      );
      return { ...(name && { name }), feeds: { x: toTensor(x) }, label };
    });
  for (const [given, message] of [
    [with3(Number.NaN), "Expected finite values for tensor 'x' in calibration sample 3 but received NaN"],
    [with3(Number.NaN, 'night.png'), "tensor 'x' in calibration sample 'night.png'"],
    [with3(3e38), 'calibration sample 3'],
  ] as const)
    await expect(prune(model, { channels, data: given })).rejects.toMatchObject({
      code: 'KPT_CALIBRATION_VALUES',
      message: expect.stringContaining(message),
    });
});

const factors = { alpha: attr.float(0.5), beta: attr.float(4) };
test.each([
  ['Gemm', '', factors, true],
  ['Gemm', '', { alpha: attr.float(-2), beta: attr.float(0) }, true],
  ['FusedMatMul', 'com.microsoft', { alpha: attr.float(0.5) }, false],
  ['FusedGemm', 'com.microsoft', { ...factors, activation: attr.string('Relu') }, true],
  ['FusedConv', 'com.microsoft', { activation: attr.string('Relu') }, true],
] as const)('%s of %s: factors and activation stay what they are', async (op, domain, attributes, bias) => {
  const g = new TestGraph([1, 3, 8, 8]);
  const a = g.op('Relu', [g.conv(g.x, 16, 3)]);
  const b = bias ? [g.constant('b', f32([6], randomFloats(6, 77, 2)))] : [];
  // Nothing leaves what FusedConv reads, but it changes.
  const read = op === 'FusedConv' ? g.op('Relu', [g.conv(a, 6, 16)]) : a;
  const inputs =
    op === 'FusedConv'
      ? [read, g.weights(6, 6, 1, 1), ...b, read]
      : [g.op('Flatten', [g.op('GlobalAveragePool', [read])]), g.weights(16, 6), ...b];
  const graph = g.done(g.node(op, inputs, attributes, { domain })[0]!);
  const model = await modelOf(graph);
  const made = async (refit: boolean) =>
    (await prune(model, { channels: { share: 0.4, roundTo: 1, refit }, data })).model.graph;
  const [cut, fitted] = [await made(false), await made(true)];
  expect(await noise(graph, fitted)).toBeLessThan(0.3 * (await noise(graph, cut)));
});

test.each([
  ['one sample', [inputs[0]!]],
  ['equal samples', new Array(8).fill(inputs[0]!)],
  [
    'samples that hardly differ',
    inputs.map((x) =>
      f32(
        x.dims,
        toNumbers(x).map((v) => 1000 + v / 100),
      ),
    ),
  ],
])('%s: weights stay finite, and the fit is no worse than none', async (_, few) => {
  const g = new TestGraph([1, 3, 8, 8]);
  const a = g.op('Relu', [g.conv(g.conv(g.x, 16, 3), 16, 16)]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [a])]);
  const graph = g.done(g.op('Gemm', [pooled, g.weights(16, 5), g.weights(5)]));
  const model = await modelOf(graph);
  const made = async (refit: boolean) => {
    const samples = few.map((x) => ({ feeds: { x: toTensor(x) } }));
    return (await prune(model, { channels: { share: 0.5, roundTo: 1, refit }, data: samples })).model.graph;
  };
  const [cut, fitted] = [await made(false), await made(true)];
  for (const value of fitted.constants.values()) expect(toNumbers(value).every(Number.isFinite)).toBe(true);
  expect(await noise(graph, fitted, few)).toBeLessThan(0.1 * (await noise(graph, cut, few)));
});

/** A convolution, a depthwise one and a classifier. */
function separable(biases: boolean): Graph {
  const g = new TestGraph([1, 3, 8, 8]);
  const pads = { pads: attr.ints([1, 1, 1, 1]) };
  const bias = (n: number): string[] => (biases ? [g.weights(n)] : []);
  const a = g.op('Relu', [g.op('Conv', [g.x, g.weights(16, 3, 3, 3), ...bias(16)], pads)]);
  const b = g.op('Conv', [a, g.weights(16, 1, 3, 3), ...bias(16)], { ...pads, group: attr.int(16) });
  const c = g.op('Relu', [g.op('Conv', [g.op('Relu', [b]), g.weights(12, 16, 1, 1), ...bias(12)])]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [c])]);
  return g.done(g.op('Gemm', [pooled, g.weights(12, 5), ...bias(5)]));
}

test.each([
  ['sparsity', { sparsity: 0.5, distribution: 'uniform' }, true],
  ['sparsity', { sparsity: 0.5, distribution: 'uniform' }, false],
  ['many zeros', { sparsity: 0.75 }, true],
  ['threshold', { threshold: 0.3 }, true],
] as const)('%s %j, bias %s: the other weights take over what zeros left', async (_, wanted, biases) => {
  const graph = separable(biases);
  const model = await modelOf(graph);
  const plain = await prune(model, { ...wanted, data, refit: false });
  const { model: fitted, report } = await prune(model, { ...wanted, data });
  const [cut, left] = [await noise(graph, plain.model.graph), await noise(graph, fitted.graph)];
  expect(cut).toBeGreaterThan(0.01);
  expect(left).toBeLessThan(0.3 * cut);
  expect(report.sparsity).toBe(plain.report.sparsity);
  if ('threshold' in wanted)
    for (const [name, value] of plain.model.graph.constants) {
      const [before, after] = [value, fitted.graph.constants.get(name)!].map(toNumbers);
      expect(before!.filter((v, k) => v === 0 && after![k] !== 0)).toHaveLength(0);
    }
});

test('zeros that a model has stay when its channels leave', async () => {
  const graph = separable(true);
  const { model: sparse } = await prune(await modelOf(graph), { sparsity: 0.5, data });
  const { model: small, report } = await prune(sparse, { channels: { share: 0.5, roundTo: 1 }, data });
  const { report: unfitted } = await prune(sparse, { channels: { share: 0.5, roundTo: 1 } });
  expect(report.sparsity).toBe(unfitted.sparsity);
  expect(small.graph.constants.size).toBe(graph.constants.size);
});

test('nothing becomes 0: nothing is fitted', async () => {
  const model = await modelOf(separable(true));
  for (const wanted of [{ sparsity: 0 }, { threshold: 1e-9 }])
    expect((await prune(model, { ...wanted, data })).model.toBytes()).toEqual(model.toBytes());
});

test('without samples, or when told so, weights stay as they are', async () => {
  const model = await modelOf(separable(true));
  for (const wanted of [{ sparsity: 0.5 }, { channels: { share: 0.5, roundTo: 1 } }]) {
    const without = await prune(model, wanted);
    const told =
      'channels' in wanted ? { channels: { ...wanted.channels, refit: false } } : { ...wanted, refit: false };
    const unfitted = await prune(model, { ...told, data });
    const fitted = await prune(model, { ...wanted, data });
    expect(unfitted.model.toBytes()).toEqual(without.model.toBytes());
    expect(fitted.model.toBytes()).not.toEqual(without.model.toBytes());
    expect(without.report.notes.join()).toContain('With samples');
    for (const { report } of [unfitted, fitted]) expect(report.notes.join()).not.toContain('With samples');
  }
});

test('weights that other layers use too stay as they are', async () => {
  const g = new TestGraph([1, 3, 8, 8]);
  const pads = { pads: attr.ints([1, 1, 1, 1]) };
  const shared = g.weights(8, 8, 3, 3);
  const a = g.op('Relu', [g.conv(g.x, 8, 3)]);
  const b = g.op('Relu', [g.op('Conv', [a, shared], pads)]);
  const c = g.op('Relu', [g.op('Conv', [b, shared], pads)]);
  const model = await modelOf(g.done(g.op('Conv', [c, g.weights(4, 8, 1, 1)])));
  const { model: small } = await prune(model, { channels: { share: 0.5, roundTo: 1 }, data });
  const executor = new GraphExecutor(small.graph, 1);
  const values = await executor.run(new Map([['x', inputs[0]!]]));
  executor.release();
  for (const value of values.values())
    for (const v of toNumbers(value)) expect(Number.isFinite(v)).toBe(true);
});

test('weights that bodies read too stay as they are', async () => {
  const g = new TestGraph([1, 3, 8, 8]);
  const a = g.op('Relu', [g.conv(g.x, 8, 3)]);
  const b = g.op('Relu', [g.conv(a, 8, 8)]);
  const last = g.weights(4, 8, 1, 1);
  const graph = g.done(g.op('Conv', [b, last]), readInBodies(g, last));
  const model = await modelOf(graph);
  const { model: small } = await prune(model, { channels: { share: 0.5, roundTo: 1 }, data });
  const size = ({ constants }: Graph) => [...constants.values()].reduce((sum, c) => sum + c.data.length, 0);
  expect(size(small.graph)).toBeLessThan(size(graph));
  expect(small.graph.constants.get(last)).toEqual(graph.constants.get(last));
});

test('layers behind a body that reads what changed are fitted', async () => {
  const g = new TestGraph([1, 3, 8, 8]);
  const a = g.op('Relu', [g.conv(g.x, 8, 3)]);
  const b = g.conv(a, 8, 8);
  const graph = g.done(g.op('Conv', [readInBodies(g, b), g.weights(4, 8, 1, 1)]));
  const model = await modelOf(graph);
  const made = async (refit: boolean) => {
    const { model: small } = await prune(model, { channels: { share: 0.5, roundTo: 1, refit }, data });
    return small.graph.constants.get(graph.nodes.at(-1)!.inputs[1]!);
  };
  expect(await made(true)).not.toEqual(await made(false));
});

test.each([
  [
    'channels',
    { channels: { macs: 0.4, roundTo: 1 } },
    { channels: { macs: 0.4, roundTo: 1, refit: false } },
  ],
  ['zeros', { sparsity: 0.96 }, { sparsity: 0.96, refit: false }],
])(
  'digits, %s: without training, most of the loss comes back, the same on every run',
  async (_, wanted, unfitted) => {
    const net = await trainedDigits('lenet-5', 0.5);
    const judged = await digits('t10k', 500, net);
    const samples = await digits('train', 400, net);
    const rightOf = async (options: typeof wanted) => {
      const { model } = await prune(net, { ...options, data: samples });
      return { model, right: (await evaluate(model, judged as never, { threads: 1 })).accuracy };
    };
    const whole = (await evaluate(net, judged as never, { threads: 1 })).accuracy;
    const [cut, fitted] = [await rightOf(unfitted as typeof wanted), await rightOf(wanted)];
    expect(whole - cut.right).toBeGreaterThan(0.05);
    expect(whole - fitted.right).toBeLessThan(0.5 * (whole - cut.right));
    const again = await rightOf(wanted);
    expect(again.model.toBytes()).toEqual(fitted.model.toBytes());
  },
);

test('a signal ends it between two samples', async () => {
  const { signal } = new AbortController();
  let asked = 0;
  Object.defineProperty(signal, 'aborted', { get: () => ++asked > 10 });
  const channels = { share: 0.5, roundTo: 1 };
  await expect(prune(await modelOf(halved('Conv', true)), { channels, data, signal })).rejects.toMatchObject({
    code: 'KPT_ABORTED',
  });
  expect(asked).toBe(11);
});
