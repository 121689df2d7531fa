import type { Feeds } from '../../../lib/calibrate/collect.js';
import type { QuantizeOptions } from '../../../lib/compress/quantize/options.js';
import { quantize } from '../../../lib/compress/quantize/quantize.js';
import { attr } from '../../../lib/graph/attribute.js';
import type { Graph } from '../../../lib/graph/graph.js';
import { opKey } from '../../../lib/graph/graph.js';
import { verify } from '../../../lib/graph/verify.js';
import { prepareForRun } from '../../../lib/passes/pipeline.js';
import { runReference } from '../../../lib/run/reference.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { onnxruntimeExecutor } from '../../helpers/onnxruntime-executor.js';
import { randomFloats } from '../../helpers/random-floats.js';

const samples = (count = 8, dims = [1, 3, 8, 8]): Feeds[] =>
  Array.from({ length: count }, (_, i) => {
    const size = dims.reduce((a, b) => a * b, 1);
    return new Map([['x', f32(dims, randomFloats(size, i + 1, 2))]]);
  });

const run = (graph: Graph, options: QuantizeOptions = {}, data: Iterable<Feeds> = samples()) =>
  quantize(graph, options, {
    data,
    executor: async (g) => async (feeds) => runReference(g, feeds),
  });

/** Conv, ReLU, a residual sum, HardSwish in parts, global pooling, classifier and softmax. */
function network(): Graph {
  const g = new TestGraph([1, 3, 8, 8]);
  const a = g.op('Relu', [g.conv(g.x, 4, 3)]);
  const b = g.op('Add', [g.op('Conv', [a, g.weights(4, 4, 1, 1)]), a]);
  const clipped = g.op('Clip', [g.op('Add', [b, g.number(3)]), g.number(0), g.number(6)]);
  const c = g.op('Div', [g.op('Mul', [b, clipped]), g.number(6)]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [c])]);
  return g.done(g.op('Softmax', [g.op('Gemm', [pooled, g.weights(4, 5), g.weights(5)])]));
}

function largestError(a: Graph, b: Graph, data = samples(4)): number {
  let error = 0;
  for (const feeds of data) {
    const [x, y] = [a, b].map((g) => toNumbers([...runReference(g, feeds).values()][0]));
    x.forEach((v, i) => {
      error = Math.max(error, Math.abs(v - y[i]));
    });
  }
  return error;
}

/** What network() runs as when all but its end is quantised. */
const integerForm = [
  'QuantizeLinear',
  'ai.kompakt:QConv',
  'ai.kompakt:QConv',
  'com.microsoft:QLinearGlobalAveragePool',
  'Flatten',
  'com.microsoft:QGemm',
  'Softmax',
];

describe('quantize', () => {
  it('leaves nothing in float but the end', async () => {
    const { model, report } = await run(network());
    verify(model);
    expect(report.float.map((n) => n.op)).toEqual(['Softmax']);
    const ops = prepareForRun(model).nodes.map(opKey);
    expect(ops).toEqual(integerForm);
  });

  it('gives indices and masks no scale', async () => {
    const g = new TestGraph([1, 3, 8, 8]);
    const window = { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) };
    const [pooled, indices] = g.node('MaxPool', [g.conv(g.x, 4, 3)], window, { outputs: 2 });
    const [kept, mask] = g.node('Dropout', [pooled!], {}, { outputs: 2 });
    const back = g.op('MaxUnpool', [kept!, indices!], window);
    g.output(mask!, 'bool');
    const graph = g.done(g.conv(back, 3, 4));
    const { model } = await run(graph);
    const integers = prepareForRun(model);
    expect(integers.nodes.map(opKey)).toEqual(expect.arrayContaining(['MaxPool', 'ai.kompakt:QConv']));
    const [feeds] = samples(1);
    const [a, b] = [model, integers].map((one) => [...runReference(one, feeds!).values()]);
    const [y, z] = [a![1]!, b![1]!].map(toNumbers);
    expect(toNumbers(a![0]!)).toEqual(toNumbers(b![0]!));
    expect(Math.max(...y!.map((v, i) => Math.abs(v - z![i]!)))).toBeLessThan(0.02);
  });

  it.each([
    {},
    { activationType: 'int8' },
    { symmetric: true },
    { activationType: 'int8', symmetric: true, perChannel: false },
    { calibrator: 'min-max' },
    { calibrator: 'mse' },
    { calibrator: 'entropy' },
  ] as const)('keeps the results close: %j', async (options) => {
    const graph = network();
    const { model } = await run(graph, options);
    expect(largestError(graph, model)).toBeLessThan(0.02);
    expect(largestError(model, prepareForRun(model))).toBeLessThan(0.01);
  });

  it('writes what onnxruntime computes alike', async () => {
    const { model } = await run(network());
    const execute = await onnxruntimeExecutor(model);
    for (const feeds of samples(4)) {
      const [theirs, ours] = [await execute(feeds), runReference(prepareForRun(model), feeds)].map((values) =>
        toNumbers([...values.values()][0]),
      );
      theirs.forEach((v, i) => {
        expect(Math.abs(v - ours[i])).toBeLessThan(0.005);
      });
    }
  });

  it('removes ReLU where the zero point clamps, keeps it where it does not', async () => {
    const graph = network();
    expect((await run(graph)).model.nodes.some((n) => n.op === 'Relu')).toBe(false);
    expect((await run(graph, { symmetric: true })).model.nodes.some((n) => n.op === 'Relu')).toBe(true);
  });

  it('fewer bits lose more, and weights stay in range', async () => {
    const graph = network();
    const errors: number[] = [];
    for (const weightBits of [8, 4, 2]) {
      const { model, report } = await run(graph, { weightBits, firstLastBits: null });
      const limit = 2 ** (weightBits - 1) - 1;
      for (const value of model.constants.values())
        if (value.dtype === 'int8')
          for (const v of toNumbers(value)) expect(Math.abs(v)).toBeLessThanOrEqual(limit);
      errors.push(report.layers.reduce((sum, l) => sum + (l.weightSqnr ?? 0), 0));
    }
    expect(errors[0]).toBeGreaterThan(errors[1]);
    expect(errors[1]).toBeGreaterThan(errors[2]);
  });

  describe('with few bits for activations', () => {
    /** Integers that the QuantizeLinear behind a value can give, as onnxruntime computes it. */
    const integersOf = async (model: Graph): Promise<Map<string, Set<number>>> => {
      const quantizers = model.nodes.filter((n) => n.op === 'QuantizeLinear').map((n) => n.outputs[0]!);
      const outputs = quantizers.map((name) => ({ name, dtype: 'uint8' as const, dims: null }));
      const execute = await onnxruntimeExecutor({ ...model, outputs });
      const found = new Map(quantizers.map((name) => [name, new Set<number>()]));
      for (const feeds of samples(4)) {
        const large = f32(
          [1, 3, 8, 8],
          toNumbers(feeds.get('x')!).map((v) => 9 * v),
        );
        for (const [name, value] of await execute(new Map([['x', large]])))
          for (const v of toNumbers(value)) found.get(name)!.add(v);
      }
      return found;
    };

    it('uses as many integers between first and last layers, all of them where the layers are the outer ones', async () => {
      const { model } = await run(network(), { activationBits: 4, weightBits: 4 });
      verify(model);
      const most = [...(await integersOf(model))].map(([name, seen]) => [name, Math.max(...seen)]);
      // x; ReLU; what only sums, functions and pooling read; pooled and flattened, which the last layer reads.
      expect(most.map(([, v]) => (v as number) <= 15)).toEqual([false, true, ...new Array(5).fill(false)]);
      expect(most.every(([, v]) => v === 15 || (v as number) > 15)).toBe(true);
      const kernels = [...model.constants.values()].filter(
        ({ dtype, dims }) => (dtype === 'int8' || dtype === 'int4') && dims.length === 4,
      );
      const largest = kernels.map((v) => [v.dims[2], v.dtype, Math.max(...toNumbers(v).map(Math.abs))]);
      expect(largest).toEqual([
        [3, 'int8', 127],
        [1, 'int4', 7],
      ]);
    });

    it.each([{}, { activationType: 'int8' }, { symmetric: true }] as const)(
      'stays one integer step a layer, with the results of the plain graph: %j',
      async (options) => {
        const { model } = await run(network(), { activationBits: 3, ...options });
        const prepared = prepareForRun(model);
        const ops = prepared.nodes.map(opKey).filter((op) => op !== 'Clip' && op !== 'ai.kompakt:Unary');
        expect(ops).toEqual(integerForm);
        expect(largestError(model, prepared)).toBeLessThan(0.02);
      },
    );
  });

  it('excludes by name, operator and pattern', async () => {
    const graph = network();
    const gemm = graph.nodes.find((n) => n.op === 'Gemm')!;
    for (const exclude of [{ names: [gemm.name] }, { types: ['Gemm'] }, { patterns: ['^Gemm'] }]) {
      const { report } = await run(graph, { exclude });
      expect(report.float.map((n) => n.op)).toEqual(['Gemm', 'Softmax']);
    }
  });

  it('keeps a bias that is large against its scales within int32', async () => {
    const g = new TestGraph([1, 2]);
    const w = g.constant('w', f32([2, 2], [1e-9, 0, 0, 1e-9]));
    const graph = g.done(g.op('Gemm', [g.x, w, g.constant('b', f32([2], [50, -70]))]));
    const { model } = await run(graph, {}, samples(3, [1, 2]));
    expect(largestError(graph, model, samples(3, [1, 2]))).toBeLessThan(1e-3);
  });

  it('reports layers and bytes', async () => {
    const { report } = await run(network());
    expect(report.samples).toBe(8);
    const conv = report.layers.find((l) => l.op === 'Conv')!;
    expect(conv.weightBytesBefore).toBeGreaterThan(conv.weightBytesAfter);
    expect(conv.weightSqnr).toBeGreaterThan(35);
    expect(conv.output).toMatchObject({ zeroPoint: 0, min: 0 });
    expect(report.weightBytesBefore).toBe(report.layers.reduce((s, l) => s + l.weightBytesBefore, 0));
  });

  it('takes at most `samples` samples, and is deterministic', async () => {
    const graph = network();
    const [a, b] = [await run(graph, { samples: 3 }), await run(graph, { samples: 3 })];
    expect(a.report).toEqual(b.report);
    expect(a.report.samples).toBe(3);
  });

  it('refuses unknown options, bad values and empty or broken data', async () => {
    const graph = network();
    const bad = (options: unknown) => run(graph, options as QuantizeOptions);
    for (const options of [
      { calibrators: 'mse' },
      { calibrator: 'magic' },
      { weightBits: 9 },
      { exclude: { x: [] } },
    ])
      await expect(bad(options)).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
    await expect(run(graph, {}, [])).rejects.toMatchObject({ code: 'KPT_CALIBRATION_EMPTY' });
    const broken = new Map([['x', f32([1, 3, 8, 8], new Float32Array(192).fill(Number.NaN))]]);
    await expect(run(graph, {}, [broken])).rejects.toMatchObject({ code: 'KPT_CALIBRATION_VALUES' });
  });
});
