// To the form that is trained and back: nothing is lost on the way, and what training changes arrives in the file.
import type { Feeds } from '../../../lib/calibrate/collect.js';
import { fromFakeQuantized } from '../../../lib/compress/qat/export-form.js';
import { type QatMethod, toFakeQuantized } from '../../../lib/compress/qat/fake-form.js';
import type { QuantizeOptions } from '../../../lib/compress/quantize/options.js';
import { quantize } from '../../../lib/compress/quantize/quantize.js';
import { attr } from '../../../lib/graph/attribute.js';
import type { Graph } from '../../../lib/graph/graph.js';
import { verify } from '../../../lib/graph/verify.js';
import { prepareForRun } from '../../../lib/passes/pipeline.js';
import { Engine } from '../../../lib/run/engine.js';
import { runReference } from '../../../lib/run/reference.js';
import { GraphRunner } from '../../../lib/run/runner.js';
import { sizeOf } from '../../../lib/tensor/shape.js';
import { f32, i64, type TensorValue, toNumbers } from '../../../lib/tensor/tensor.js';
import { crossEntropy } from '../../../lib/train/losses/cross-entropy.js';
import { sgd } from '../../../lib/train/optimizers/sgd.js';
import { trainingGraph } from '../../../lib/train/training-graph.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { onnxruntimeExecutor } from '../../helpers/onnxruntime-executor.js';
import { randomFloats } from '../../helpers/random-floats.js';

const samples = (count: number): Feeds[] =>
  Array.from({ length: count }, (_, i) => new Map([['x', f32([1, 3, 8, 8], randomFloats(192, i + 1, 2))]]));

/** Convolutions with ReLU, max pooling, a residual sum, a concatenation, HardSwish, average pooling, classifier. */
function network(): Graph {
  const g = new TestGraph([1, 3, 8, 8]);
  const pooling = { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) };
  const a = g.op('MaxPool', [g.op('Relu', [g.conv(g.x, 4, 3)])], pooling);
  const b = g.op('Add', [g.op('Conv', [a, g.weights(4, 4, 1, 1), g.weights(4)]), a]);
  const both = g.op('Concat', [g.op('Relu', [b]), a], { axis: attr.int(1) });
  const c = g.op('HardSwish', [g.op('Conv', [both, g.weights(5, 8, 1, 1), g.weights(5)])]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [c])]);
  return g.done(g.op('Softmax', [g.op('Gemm', [pooled, g.weights(5, 6), g.weights(6)])]));
}

/** A value that is never positive, and a classifier with a bias of these dims. */
function oddNetwork(bias: readonly number[]): Graph {
  const g = new TestGraph([1, 3, 8, 8]);
  const a = g.op('Neg', [g.op('Relu', [g.conv(g.x, 4, 3)])]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [g.op('Conv', [a, g.weights(5, 4, 3, 3)])])]);
  const shift = f32(bias, randomFloats(sizeOf(bias), 9));
  const y = g.op('Gemm', [pooled, g.weights(5, 6), g.constant('shift', shift)]);
  return g.done(
    g.op('Relu', [
      g.op('Conv', [g.op('Reshape', [y, g.constant('to', i64([1, 6, 1, 1]))]), g.weights(6, 6, 1, 1)]),
    ]),
  );
}

async function formOf(
  options: QuantizeOptions,
  method: QatMethod = 'lsq',
  keepOrigins = true,
  source = network(),
) {
  const { model, origins } = await quantize(
    source,
    { rounding: 'nearest', ...options },
    {
      data: samples(8),
      executor: async (g) => async (feeds) => runReference(g, feeds),
    },
  );
  const form = toFakeQuantized(model, {
    method,
    origins: keepOrigins ? origins : new Map(),
    rateOf: () => 1,
    freezeAt: 0,
  });
  verify(form.graph);
  return { model, form };
}

const result = (graph: Graph, feeds: Feeds): Float64Array =>
  toNumbers([...runReference(graph, feeds).values()][0]!);

function apart(a: Graph, b: Graph): number {
  let worst = 0;
  for (const feeds of samples(4)) {
    const other = result(b, feeds);
    result(a, feeds).forEach((v, i) => {
      worst = Math.max(worst, Math.abs(v - other[i]!));
    });
  }
  return worst;
}

const variants: QuantizeOptions[] = [
  {},
  { weightBits: 4, activationBits: 4 },
  { weightBits: 2, activationBits: 2, firstLastBits: null },
  { weightBits: 3, activationBits: 5, activationType: 'int8' },
  { weightBits: 4, perChannel: false, symmetric: true },
];

describe.each(variants)('%j', (options) => {
  test.each(['lsq', 'pact', 'ste'] as const)(
    '%s: the form computes what the quantised model does',
    async (method) => {
      const { model, form } = await formOf(options, method);
      expect(form.graph.nodes.map(({ op }) => op)).not.toContain('QuantizeLinear');
      expect(form.graph.nodes.map(({ op }) => op)).not.toContain('DequantizeLinear');
      expect(apart(model, form.graph)).toBeLessThan(1e-5);
    },
  );

  test.each([true, false])(
    'untrained it comes back as it was; weights were known: %s',
    async (keepOrigins) => {
      const { model, form } = await formOf(options, 'lsq', keepOrigins);
      const back = fromFakeQuantized(form, form.graph);
      expect(back.nodes).toEqual(model.nodes);
      const plain = (graph: Graph) =>
        [...graph.constants].map(([name, value]) => [
          name,
          value.dtype,
          [...value.dims],
          [...toNumbers(value)],
        ]);
      expect(plain(back).sort()).toEqual(plain(model).sort());
    },
  );

  test('what training changes is in the file: fewer, larger steps', async () => {
    const { model, form } = await formOf(options);
    const constants = new Map(form.graph.constants);
    for (const [name, value] of constants)
      if (form.trainable.includes(name))
        constants.set(name, scaled(value, name.endsWith('/step') ? 1.3 : 1.1));
    const trained = { ...form.graph, constants };
    const back = verify(fromFakeQuantized(form, trained));
    expect(apart(back, model)).toBeGreaterThan(2e-5);
    expect(apart(back, trained)).toBeLessThan(1e-5);
    // Both runtimes compute the same integers; sums of floats between them may fall on other sides of a half.
    expect(apart(back, prepareForRun(back))).toBeLessThan(0.05);
    const theirs = await onnxruntimeExecutor(back);
    for (const feeds of samples(4)) {
      const [y] = [...(await theirs(feeds)).values()];
      result(prepareForRun(back), feeds).forEach((v, i) => {
        expect(Math.abs(v - toNumbers(y!)[i]!)).toBeLessThan(0.05);
      });
    }
  });
});

describe.each([[6], [1, 6], [1], [], [1, 1]])(
  'a bias of shape [%s] and values below 0',
  (...bias: number[]) => {
    test.each(['lsq', 'pact', 'ste'] as const)('%s: are trained as they are quantised', async (method) => {
      for (const perChannel of [true, false]) {
        const source = oddNetwork(bias);
        const { model, form } = await formOf({ perChannel }, method, true, source);
        expect(apart(model, form.graph)).toBeLessThan(1e-5);
        const back = fromFakeQuantized(form, form.graph);
        expect(apart(model, back)).toBeLessThan(1e-5);
        const [float, theirs] = [await onnxruntimeExecutor(source), await onnxruntimeExecutor(back)];
        for (const feeds of samples(4)) {
          const [wanted, made] = [await float(feeds), await theirs(feeds)].map((all) =>
            toNumbers([...all.values()][0]!),
          );
          result(prepareForRun(back), feeds).forEach((v, i) => {
            expect(Math.abs(v - made![i]!)).toBeLessThan(0.05);
            expect(Math.abs(v - wanted![i]!)).toBeLessThan(0.25);
          });
        }
      }
    });

    test('files of others may have such biases of integers', async () => {
      const { model } = await formOf({}, 'lsq', true, oddNetwork([6]));
      const gemm = model.nodes.find(({ op }) => op === 'Gemm')!;
      const dequantize = model.nodes.find(({ outputs }) => outputs[0] === gemm.inputs[2])!;
      const constants = new Map(model.constants);
      const stored = constants.get(dequantize.inputs[0]!)!;
      constants.set(dequantize.inputs[0]!, { ...stored, dims: [1, 6] });
      const nodes = model.nodes.map((node) =>
        node === dequantize ? { ...node, attributes: { ...node.attributes, axis: attr.int(1) } } : node,
      );
      const theirs = verify({ ...model, nodes, constants });
      const form = toFakeQuantized(theirs, {
        method: 'lsq',
        origins: new Map(),
        rateOf: () => 1,
        freezeAt: 0,
      });
      expect(apart(theirs, verify(form.graph))).toBeLessThan(1e-5);
      expect(apart(theirs, fromFakeQuantized(form, form.graph))).toBe(0);
    });
  },
);

const scaled = ({ dims, data }: TensorValue, factor: number): TensorValue =>
  f32(
    dims,
    Float32Array.from(data as Float32Array, (v) => v * factor),
  );

test('values keep their names, weights too, and each scale is a parameter of its own', async () => {
  const { model, form } = await formOf({ activationBits: 4, weightBits: 4 });
  const source = network();
  const float = model.nodes.filter(({ op }) => !/Linear$|Clip/.test(op)).flatMap(({ outputs }) => outputs);
  const names = form.graph.nodes.flatMap(({ outputs }) => outputs);
  expect(names).toEqual(expect.arrayContaining(float));
  for (const [name, { dims }] of source.constants) expect(form.graph.constants.get(name)?.dims).toEqual(dims);
  const steps = form.trainable.filter((name) => name.endsWith('/step'));
  // Weights of four layers; input, what was concatenated (one scale), sum operands, sums, functions, pooled.
  expect(steps.filter((name) => /^w/.test(name))).toHaveLength(4);
  for (const name of steps) expect(form.rules.get(name)).toMatchObject({ penalized: false });
  expect([...form.rules.values()].every(({ within }) => within![0] > 0)).toBe(true);
});

test('values that were only moved are not rounded again', async () => {
  const { form } = await formOf({});
  const fakes = form.graph.nodes.filter(({ op }) => op === 'FakeQuantize');
  const producers = new Map(form.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node.op])));
  for (const fake of fakes) expect(['MaxPool', 'Flatten']).not.toContain(producers.get(fake.inputs[0]!));
});

/** A Resize between convolutions, by factors of which no result lies halfway between two steps. */
function resizing(mode: string): Graph {
  const g = new TestGraph([1, 3, 8, 8]);
  const small = g.op('Relu', [g.conv(g.x, 4, 3)]);
  const factors = g.constant('factors', f32([4], [1, 1, 1.377, 1.213]));
  const large = g.op('Resize', [small, '', factors], { mode: attr.string(mode) });
  return g.done(g.op('Conv', [large, g.weights(5, 4, 3, 3), g.weights(5)]));
}

describe.each(['nearest', 'linear', 'cubic'])('Resize, %s', (mode) => {
  test.each(['lsq', 'pact', 'ste'] as const)('%s: is rounded where it makes values', async (method) => {
    const { model, form } = await formOf({ activationBits: 4 }, method, true, resizing(mode));
    expect(apart(model, form.graph)).toBeLessThan(1e-5);
    expect(apart(model, fromFakeQuantized(form, form.graph))).toBeLessThan(1e-5);
    const { inputs, outputs } = form.graph.nodes.find(({ op }) => op === 'Resize')!;
    const isFake = ({ op }: { readonly op: string }): boolean => /FakeQuantize|ObservedQuantize/.test(op);
    const fakes = form.graph.nodes.filter(isFake);
    expect(fakes.some((fake) => fake.outputs[0] === inputs[0])).toBe(true);
    expect(fakes.some((fake) => fake.inputs[0] === outputs[0])).toBe(mode !== 'nearest');
  });
});

test.each(['lsq', 'pact', 'ste'] as const)('%s: a step of training is one native call', async (method) => {
  const { form } = await formOf({ weightBits: 4, activationBits: 4 }, method);
  const { graph, trainable, rules, progress } = form;
  const training = trainingGraph({
    graph,
    trainable,
    rules,
    ...(progress !== undefined && { progress }),
    loss: crossEntropy(),
    optimizer: sgd({ momentum: 0.9 }),
    batch: 4,
  });
  const engine = new Engine(1);
  const runner = new GraphRunner(training.graph, engine);
  const types = training.graph.inputs.map(
    ({ name, dtype, dims }) => [name, { dtype, dims: dims as number[] }] as const,
  );
  const { plan } = runner.prepare(new Map(types));
  expect(plan.schedule.map(({ kind }) => kind)).toEqual(['native']);
  expect(training.state.filter(({ name }) => name.endsWith('/step')).length > 0).toBe(true);
  expect(progress === undefined).toBe(method !== 'ste');
  runner.release();
  engine.release();
});
