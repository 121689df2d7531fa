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

test('grouped convolutions stay as they are, and without samples all do', async () => {
  const graph = halved('grouped', true);
  const model = await modelOf(graph);
  const channels = { share: 0.5, roundTo: 1 } as const;
  const [plain, fitted, without] = await Promise.all([
    prune(model, { channels: { ...channels, refit: false }, data }),
    prune(model, { channels, data }),
    prune(model, { channels }),
  ]);
  expect(fitted.model.toBytes()).toEqual(plain.model.toBytes());
  expect(without.model.toBytes()).toEqual(plain.model.toBytes());
  expect(without.report.notes.join()).toContain('With samples');
  expect(fitted.report.notes.join()).not.toContain('With samples');
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

test('digits: without training, most of what pruning loses comes back, the same on every run', async () => {
  const net = await trainedDigits('lenet-5', 0.5);
  const judged = await digits('t10k', 500, net);
  const samples = await digits('train', 400, net);
  const channels = { macs: 0.4, roundTo: 1 } as const;
  const rightOf = async (refit: boolean) => {
    const { model } = await prune(net, { channels: { ...channels, refit }, data: samples });
    return { model, right: (await evaluate(model, judged as never, { threads: 1 })).accuracy };
  };
  const whole = (await evaluate(net, judged as never, { threads: 1 })).accuracy;
  const [cut, fitted] = [await rightOf(false), await rightOf(true)];
  expect(whole - cut.right).toBeGreaterThan(0.05);
  expect(whole - fitted.right).toBeLessThan(0.5 * (whole - cut.right));
  const again = await rightOf(true);
  expect(again.model.toBytes()).toEqual(fitted.model.toBytes());
});
