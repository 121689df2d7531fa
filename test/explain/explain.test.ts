// explain() on a small net whose faults are known, and on files of other tools.
import { quantize } from '../../lib/compress/quantize-model.js';
import { openSamples } from '../../lib/data/samples.js';
import { explain } from '../../lib/explain/explain.js';
import { explainText } from '../../lib/explain/text.js';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { freezeGraph } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { argMax } from '../../lib/report/compare.js';
import { bytesText } from '../../lib/report/table.js';
import { GraphExecutor } from '../../lib/session/executor.js';
import { toValues } from '../../lib/session/values.js';
import { f32, fromNumbers, toNumbers } from '../../lib/tensor/tensor.js';
import {
  explainedNet,
  halfFeeds,
  halved,
  netFeeds,
  renamed,
  withConstants,
} from '../helpers/explained-net.js';
import { paddedFile } from '../helpers/padded-file.js';
import { sharedData } from '../helpers/shared-data.js';

const net = explainedNet();
const feeds = netFeeds(12);
const still = { seconds: 0 };
let int8: Model;

beforeAll(async () => {
  ({ model: int8 } = await quantize(net, { data: feeds }));
});

/** Labelled with what the net itself answers. */
async function labelled(count: number) {
  const executor = new GraphExecutor(net.graph);
  const samples = [];
  for (const sample of netFeeds(count, 900)) {
    const values = await executor.run(toValues(sample));
    samples.push({ feeds: sample, label: argMax(toNumbers(values.get(net.graph.outputs[0]!.name)!)) });
  }
  executor.release();
  return samples;
}

test('a signal ends it in every part', async () => {
  const evaluate = await labelled(4);
  const told: string[] = [];
  await explain(net, int8, { data: feeds, evaluate, seconds: 0.05, onProgress: (what) => told.push(what) });
  for (const part of ['read', ...new Set(told)]) {
    const controller = new AbortController();
    if (part === 'read') controller.abort(new Error('enough'));
    const after: string[] = [];
    const onProgress = (what: string): void => {
      after.push(what);
      if (what === part) controller.abort(new Error('enough'));
    };
    const ended = explain(net, int8, {
      data: feeds,
      evaluate,
      seconds: 0.05,
      onProgress,
      signal: controller.signal,
    });
    await expect(ended).rejects.toMatchObject({ code: 'KPT_ABORTED', cause: { message: 'enough' } });
    expect(after.filter((what) => what === part)).toHaveLength(part === 'read' ? 0 : 1);
  }
});

test('a model explained by itself is exact', async () => {
  const report = await explain(net, net, { data: feeds, evaluate: await labelled(10), ...still });
  expect(report.sqnr).toBe(Number.POSITIVE_INFINITY);
  expect(report.layers.map(({ name }) => name).sort()).toEqual(
    ['classify', 'conv1', 'conv3', 'depthwise', 'flat', 'pool', 'sum'].sort(),
  );
  for (const layer of report.layers) {
    expect(layer.sqnr).toBeGreaterThan(120);
    expect(layer.weightBits ?? 32).toBe(32);
    expect(layer.outputBits).toBe(32);
  }
  expect(report.answers).toMatchObject({ originalOnly: 0, compressedOnly: 0, p: 1, flips: [] });
  expect(report.summary[0]).toContain('is as large');
});

test('bytes are those of the files, and of what is none those of the file that would be written', async () => {
  const padded = await Model.load(paddedFile(net));
  const settings = { data: feeds.slice(0, 2), ...still };
  const { size, ...rest } = await explain(padded, int8, settings);
  const bytes = paddedFile(net).length;
  expect(size.original).toMatchObject({ file: bytes, written: false });
  expect(size.compressed).toMatchObject({ file: int8.toBytes().length, written: true });
  const sum = (weights: Readonly<Record<string, number>>) =>
    Object.values(weights).reduce((a, b) => a + b, 0);
  expect(size.original.overhead + sum(size.original.weights)).toBe(bytes);
  const text = explainText({ size, ...rest });
  expect(text).toContain(bytesText(bytes));
  expect(text).toContain('as kompakt writes it');
  const both = await explain(padded, await Model.load(int8.toBytes()), settings);
  expect(explainText(both)).not.toContain('as kompakt writes it');
});

test('a quantised model: forms, noise and costs of each layer', async () => {
  const report = await explain(net, int8, { data: feeds, evaluate: await labelled(40), seconds: 0.05 });
  const layer = (name: string) => report.layers.find((entry) => entry.name === name)!;
  expect(layer('conv1')).toMatchObject({ weightBits: 8, perChannel: true, outputBits: 8, comparable: true });
  expect(layer('x')).toMatchObject({ op: 'input', weightBits: null, outputBits: 8 });
  expect(layer('sum')).toMatchObject({ weightBits: null, zeros: null, channels: null });
  // Rounding to 8 bits leaves 30 to 60 dB; equalisation must not pass for noise.
  for (const { ownSqnr, name } of report.layers) if (name !== 'flat') expect(ownSqnr).toBeGreaterThan(28);
  // What a layer inherits comes on top of its own.
  for (const entry of report.layers) expect(entry.sqnr!).toBeLessThan(entry.ownSqnr! + 1);
  const shares = report.layers.map(({ share }) => share!);
  expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
  expect(shares).toEqual([...shares].sort((a, b) => b - a));
  // Noise of single layers adds up to that of all, about.
  const alone = report.layers.reduce((sum, { endSqnr }) => sum + 10 ** (-endSqnr! / 10), 0);
  expect(Math.abs(-10 * Math.log10(alone) - report.sqnr!)).toBeLessThan(3);
  expect(report.latency!.ratio).toBeGreaterThan(0);
  expect(layer('conv3').milliseconds!.before).toBeGreaterThan(0);
  expect(layer('conv3').bytes.after).toBeLessThan(layer('conv3').bytes.before);
  // Weights, and a zero point for each channel.
  expect(report.size.compressed.weights.int8).toBe(8 * 27 + 8 * 9 + 64 + 40 + 8 + 8 + 8 + 5);
  expect(explainText(report)).toContain('8 bit per channel, 8-bit out');
  for (const line of explainText(report).split('\n\n')[0]!.split('\n'))
    expect(line.length).toBeLessThanOrEqual(100);
});

test('the layer at fault is told from those that inherit its error', async () => {
  const spoilt = withConstants(int8, (name, value) =>
    name === 'w2_scale'
      ? f32(
          value.dims,
          toNumbers(value).map((v) => 1.4 * v),
        )
      : undefined,
  );
  const report = await explain(net, spoilt, { data: feeds, ...still });
  const [worst] = report.layers;
  expect(worst!.name).toBe('depthwise');
  expect(worst!.share).toBeGreaterThan(0.9);
  const behind = report.layers.find(({ name }) => name === 'conv3')!;
  expect(behind.sqnr!).toBeLessThan(15);
  expect(behind.ownSqnr!).toBeGreaterThan(30);
  expect(report.summary.join(' ')).toContain("'depthwise'");
});

describe('float16', () => {
  const half = halved(net);
  const settings = { data: halfFeeds(feeds), ...still };

  test('a model explained by itself is exact', async () => {
    const report = await explain(half, half, settings);
    expect(report.sqnr).toBe(Number.POSITIVE_INFINITY);
    expect(report.layers.every(({ comparable }) => comparable)).toBe(true);
    expect(report.findings).toEqual([]);
  });

  test('a layer whose weights are spoilt is the worst, and those behind it do nothing of their own', async () => {
    const spoilt = withConstants(half, (name, value) =>
      name === 'w2'
        ? fromNumbers(
            'float16',
            value.dims,
            toNumbers(value).map((v) => 1.4 * v),
          )
        : undefined,
    );
    const report = await explain(half, spoilt, settings);
    expect(report.layers[0]).toMatchObject({ name: 'depthwise', weightBits: 16 });
    expect(report.layers[0]!.share).toBeGreaterThan(0.9);
    const behind = report.layers.find(({ name }) => name === 'conv3')!;
    expect(behind.sqnr!).toBeLessThan(15);
    expect(behind.ownSqnr!).toBeGreaterThan(30);
  });

  test('where a float32 model ends the float16 one is near', async () => {
    const b = new GraphBuilder('cast');
    const cast = b.node('Cast', [b.input('x', 'float32', ['N', 3, 12, 12])], { to: attr.int(10) })[0]!;
    const { inputs, nodes } = b.build();
    const behind = half.graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((name) => (name === 'x' ? cast : name)),
    }));
    const converted = half.withGraph(freezeGraph({ ...half.graph, inputs, nodes: [...nodes, ...behind] }));
    const report = await explain(net, converted, { data: feeds, ...still });
    expect(report.sqnr).toBeGreaterThan(40);
    expect(report.sqnr).toBeLessThan(120);
  });
});

test('names do not matter', async () => {
  const settings = { data: feeds.slice(0, 3), ...still };
  const [plain, other] = [
    await explain(net, int8, settings),
    await explain(net, int8.withGraph(renamed(int8.graph)), settings),
  ];
  const known = ({ layers }: typeof plain) => layers.map(({ name, sqnr, share }) => ({ name, sqnr, share }));
  expect(known(other)).toEqual(known(plain));
});

test('fewer channels: layers are matched, and have no noise where sizes differ', async () => {
  const report = await explain(net, explainedNet(6), { data: feeds, ...still });
  expect(report.sameArchitecture).toBe(true);
  const conv = report.layers.find(({ name }) => name === 'conv1')!;
  expect(conv).toMatchObject({
    channels: { before: 8, after: 6 },
    comparable: false,
    sqnr: null,
    share: null,
  });
  expect(explainText(report)).toContain('8 -> 6 channels');
  expect(report.sqnr).not.toBeNull();
});

test('zeros of a pruned model', async () => {
  const pruned = withConstants(net, (name, value) =>
    name === 'w3'
      ? f32(
          value.dims,
          toNumbers(value).map((v, i) => (i % 2 === 0 ? 0 : v)),
        )
      : undefined,
  );
  const report = await explain(net, pruned, { data: feeds, ...still });
  expect(report.layers[0]).toMatchObject({ name: 'conv3', zeros: 0.5, weightBits: 32 });
});

test('without samples or with unknown options', async () => {
  await expect(explain(net, int8, { data: [] })).rejects.toMatchObject({ code: 'KPT_CALIBRATION_EMPTY' });
  await expect(explain(net, int8, {} as never)).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
  await expect(explain(net, int8, { data: feeds, layer: 1 } as never)).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
  });
});

const original = sharedData('models-mlperf-tiny/resnet8_cifar10.onnx');
const pictures = sharedData('cifar10/train3k_jpg.bin');

const whyNot = original && pictures ? '' : ' (skipped: no shared data)';
(original && pictures ? test : test.skip).each([
  ['qdq_u8s8_perchannel', true, 8],
  ['qdq_s8s8_pertensor', false, 8],
  ['qoperator_u8u8', false, 8],
  ['dynamic', null, 8],
  ['qdq_u8s4w', null, 4],
])(`ResNet-8 in the form %s${whyNot}`, async (form, perChannel, bits) => {
  const model = await Model.load(original!);
  const other = await Model.load(sharedData(`foreign-quantized/resnet8_cifar10_${form}.onnx`)!);
  const data = async function* () {
    for await (const sample of openSamples({ data: `cifar:${pictures}`, samples: 4 }, model))
      yield sample.feeds;
  };
  const report = await explain(model, other, { data: data(), ...still });
  const weighted = report.layers.filter(({ weightBits }) => weightBits !== null);
  expect(weighted).toHaveLength(10);
  for (const layer of weighted) {
    expect(layer.weightBits).toBe(bits);
    if (perChannel !== null) expect(layer.perChannel).toBe(perChannel);
    // 4 bits leave 5 to 15 dB; what is matched wrongly has none.
    expect(layer.ownSqnr).toBeGreaterThan(bits === 8 ? 25 : 5);
  }
  expect(report.sqnr).toBeGreaterThan(bits === 8 ? 20 : 2);
});
