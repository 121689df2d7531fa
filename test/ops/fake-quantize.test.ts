// FakeQuantize: the float values of QuantizeLinear and DequantizeLinear, and the gradients that stand in for those that a
// function of steps does not have.
import { attr } from '../../lib/graph/attribute.js';
import { GraphWriter } from '../../lib/graph/writer.js';
import { emit } from '../../lib/ops/gradients/emit.js';
import { differentiate } from '../../lib/run/differentiate.js';
import { Engine } from '../../lib/run/engine.js';
import { runReference } from '../../lib/run/reference.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { sizeOf } from '../../lib/tensor/shape.js';
import { f32, fromNumbers, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { expectNativeLikeReference, scheduleOf } from '../helpers/native-like-reference.js';
import { noise, reference } from '../helpers/run-reference.js';

type Kind = 'ste' | 'lsq' | 'pact';

interface Case {
  readonly x: TensorValue;
  readonly scale: TensorValue;
  readonly low: number;
  readonly high: number;
  readonly axis?: number;
  readonly kind?: Kind;
  readonly batched?: number;
}

const nodeOf = ({ x, scale, low, high, axis = 0, kind = 'lsq', batched = 0 }: Case) => ({
  op: 'FakeQuantize',
  domain: 'ai.kompakt' as const,
  inputs: [x, scale],
  attributes: {
    low: attr.int(low),
    high: attr.int(high),
    axis: attr.int(axis),
    gradient: attr.string(kind),
    batched: attr.int(batched),
  },
});

const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];

describe('the value', () => {
  const odd = f32([11], [-0.2, -0, 0.05, 0.15, 0.25, 25.4, 25.6, 1e9, -inf, inf, nan]);

  test.each([
    ['uint8', 0],
    ['uint8', 100],
    ['int8', 0],
    ['int8', -128],
  ] as const)('is that of %s with zero point %d and back, bit for bit', (dtype, zero) => {
    const x = f32([511], [...(noise('float32', [500]).data as Float32Array), ...(odd.data as Float32Array)]);
    const scale = f32([], [0.1]);
    const params = [scale, fromNumbers(dtype, [], [zero])];
    const [least, most] = dtype === 'uint8' ? [0, 255] : [-128, 127];
    const [q] = reference({ op: 'QuantizeLinear', inputs: [x, ...params] });
    const [real] = reference({ op: 'DequantizeLinear', inputs: [q!, ...params] });
    const [fake] = reference(nodeOf({ x, scale, low: least - zero, high: most - zero }));
    expect(fake).toEqual(real);
  });

  test('has a scale for each index of an axis', () => {
    const x = f32([2, 3], [0.9, 0.9, 0.9, -9, -9, -9]);
    const scale = f32([3], [1, 0.5, 0.2]);
    const [y] = reference(nodeOf({ x, scale, low: -2, high: 3, axis: 1 }));
    expect([...toNumbers(y!)]).toEqual([1, 1, 3 * 0.2, -2, -1, -0.4].map(Math.fround));
  });

  test('scales that do not fit are refused', () => {
    const wrong = nodeOf({
      x: f32([2, 3], new Array(6).fill(1)),
      scale: f32([2], [1, 1]),
      low: 0,
      high: 3,
      axis: 1,
    });
    expect(() => reference(wrong)).toThrow(expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }));
  });
});

describe('the engine', () => {
  const cases: [string, number[], number[], number][] = [
    ['a tensor', [3, 5, 7, 11], [], 0],
    ['a large tensor', [1, 9001], [1], 0],
    ['rows', [17, 3, 3, 3], [17], 0],
    ['long rows', [3, 5003], [3], 0],
    ['a middle axis', [2, 5, 3, 2], [5], 1],
    ['columns', [33, 19], [19], 1],
    ['many columns', [700, 67], [67], 1],
  ];
  const random = (dims: number[]): TensorValue => noise('float32', dims);
  const positive = (dims: number[]): TensorValue =>
    f32(
      dims,
      Float32Array.from({ length: sizeOf(dims) }, (_, i) => 0.05 + (i % 7) / 10),
    );

  test.each(cases)('quantises %s like the reference', async (_, dims, scale, axis) => {
    const one = nodeOf({ x: random(dims), scale: positive(scale), low: -3, high: 4, axis });
    await expectNativeLikeReference(one);
    expect(scheduleOf(one)).toEqual(['native']);
  });

  test.each(cases)(
    'quantises %s that counts below 0 only, and differentiates it',
    async (_, dims, scale, axis) => {
      const one = { x: random(dims), scale: positive(scale), low: -5, high: 0, axis };
      await expectNativeLikeReference(nodeOf(one));
      const [dx, dScale] = gradientsOf(one, runReference);
      const [nativeDx, nativeDScale] = gradientsOf(one, (graph, feeds) => {
        const engine = new Engine(1);
        const runner = new GraphRunner(graph, engine);
        const values = runner.runSync(feeds) as ReadonlyMap<string, TensorValue>;
        runner.release();
        engine.release();
        return values;
      });
      expect(nativeDx).toEqual(dx);
      const largest = dScale!.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
      dScale!.forEach((v, i) => {
        expect(Math.abs(v - nativeDScale![i]!)).toBeLessThanOrEqual(2e-6 * largest);
      });
    },
  );

  test('bounds that are both 0, or on one side of it, are refused', () => {
    for (const [low, high] of [
      [0, 0],
      [1, 5],
      [-5, -1],
    ] as const)
      expect(() => reference(nodeOf({ x: random([3]), scale: positive([]), low, high }))).toThrow(
        expect.objectContaining({ code: 'KPT_ATTRIBUTE_INVALID' }),
      );
  });

  test('takes a tensor without elements', () =>
    expectNativeLikeReference(nodeOf({ x: random([0, 4]), scale: positive([]), low: -3, high: 4 })));

  test.each(cases)(
    'differentiates %s like the reference, with any number of threads',
    (_, dims, scale, axis) => {
      const test = { x: random(dims), scale: positive(scale), low: -3, high: 4, axis };
      const wanted = gradientsOf(test, runReference);
      const results = [1, 3].map((threads) =>
        gradientsOf(test, (graph, feeds) => {
          const engine = new Engine(threads);
          const runner = new GraphRunner(graph, engine);
          const values = runner.runSync(feeds);
          runner.release();
          engine.release();
          return values as ReadonlyMap<string, TensorValue>;
        }),
      );
      expect(results[1]).toEqual(results[0]);
      wanted.forEach((values, k) => {
        const largest = values.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
        const worst = values.reduce((m, v, i) => Math.max(m, Math.abs(results[0]![k]![i]! - v)), 0);
        expect(worst).toBeLessThanOrEqual(2e-6 * largest);
      });
    },
  );
});

/** Gradients of x and of the scale for the loss sum(weights * y). */
function gradientsOf(
  test: Case,
  run: (
    graph: ReturnType<typeof differentiate>,
    feeds: Map<string, TensorValue>,
  ) => ReadonlyMap<string, TensorValue>,
  weights: ArrayLike<number> = toNumbers(noise('float32', test.x.dims, 3)),
): Float64Array[] {
  const { dtype, dims } = test.x;
  const writer = new GraphWriter();
  const node = nodeOf(test);
  const x = writer.input('x', { dtype, dims });
  const scale = writer.input('scale', { dtype, dims: test.scale.dims });
  const [y] = writer.add(node.op, [x, scale], node.attributes, { domain: node.domain });
  const weighted = emit(writer, 'Mul', [y!, writer.constant('w', fromNumbers(dtype, dims, weights))]);
  const loss = emit(writer, 'ReduceSum', [weighted], { keepdims: attr.int(0) });
  const wrt = test.kind === 'ste' ? [x] : [x, scale];
  const graph = differentiate(writer.graph([{ name: loss, dtype, dims: [] }]), loss, wrt);
  const results = run(
    graph,
    new Map([
      [x, test.x],
      [scale, test.scale],
    ]),
  );
  return graph.outputs.slice(1).map(({ name }) => toNumbers(results.get(name)!));
}

describe('the gradient', () => {
  const x = f32([3, 4], [-1.7, -0.31, 0.04, 0.22, 0.47, 0.93, 1.3, -0.66, 0.11, 2.4, -0.07, 0.58]);
  const weights = [0.5, -1, 2, 0.25, 1.5, -0.75, 0.3, 1, -2, 0.6, 0.9, -1.1];
  const near = (got: Float64Array | undefined, wanted: readonly number[]) =>
    wanted.forEach((v, i) => {
      expect(got![i]).toBeCloseTo(v, 5);
    });

  test('of learned steps is that of PyTorch for the published formula, per channel', () => {
    const test = { x, scale: f32([3], [0.3, 0.25, 0.4]), low: -3, high: 3 };
    const [dx, dScale] = gradientsOf(test, runReference, weights);
    near(dx, [0, -1, 2, 0.25, 1.5, 0, 0, 1, -2, 0, 0.9, -1.1]);
    near(dScale, [-0.50037, -0.441673, 0.866747]);
  });

  test('of a clipping level (PACT) is that of PyTorch', () => {
    const test = { x, scale: f32([1], [1.05 / 15]), low: 0, high: 15, kind: 'pact' as const };
    const [dx, dScale] = gradientsOf(test, runReference, weights);
    near(dx, [0, 0, 2, 0.25, 1.5, -0.75, 0, 0, -2, 0, 0, -1.1]);
    // The level is high * scale.
    near(dScale, [15 * 0.9]);
  });

  test('straight through has none for the scale', () => {
    const [dx, ...others] = gradientsOf(
      { x, scale: f32([], [0.3]), low: -3, high: 3, kind: 'ste' },
      runReference,
    );
    expect(dx).toHaveLength(12);
    expect(others).toEqual([]);
  });

  test('counts features of one sample where axis 0 counts samples', () => {
    const test = { x, scale: f32([], [0.3]), low: -3, high: 3 };
    const [, all] = gradientsOf(test, runReference, weights);
    const [, one] = gradientsOf({ ...test, batched: 1 }, runReference, weights);
    expect(one![0]! / all![0]!).toBeCloseTo(Math.sqrt(3), 5);
  });

  // Rounding held fixed, y = clip(x, low s, high s) + s * (error of rounding) is smooth but at the bounds.
  test.each(['lsq', 'pact'] as const)('%s is the slope of y with rounding held fixed', (kind) => {
    const [low, high, h] = [-2, 5, 1e-6];
    const values = Float64Array.from({ length: 60 }, (_, i) => ((i * 37) % 60) / 20 - 1.23);
    const scale = 0.21;
    const weight = Float64Array.from(values, (_, i) => Math.sin(i));
    const [dx, dScale] = gradientsOf(
      {
        x: tensor('float64', [60], values),
        scale: tensor('float64', [1], Float64Array.of(scale)),
        low,
        high,
        kind,
      },
      runReference,
      weight,
    );
    const clip = (v: number, s: number) => Math.min(high * s, Math.max(low * s, v));
    const errors = values.map((v) => {
      const steps = clip(v, scale) / scale;
      return kind === 'lsq' ? Math.round(steps) - steps : 0;
    });
    const loss = (xs: Float64Array, s: number) =>
      xs.reduce((sum, v, i) => sum + weight[i]! * (clip(v, s) + s * errors[i]!), 0);
    const slope = (loss(values, scale + h) - loss(values, scale - h)) / (2 * h);
    const factor = kind === 'lsq' ? 1 / Math.sqrt(60 * high) : 1;
    expect(dScale![0]).toBeCloseTo(factor * slope, 5);
    values.forEach((_, i) => {
      const moved = (by: number) =>
        loss(
          values.map((v, k) => (k === i ? v + by : v)),
          scale,
        );
      expect(dx![i]).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), 5);
    });
  });
});

describe('observed', () => {
  const observed = (x: TensorValue, progress: number, [low, high]: readonly [number, number]) => ({
    op: 'ObservedQuantize',
    domain: 'ai.kompakt' as const,
    attributes: {
      low: attr.int(low),
      high: attr.int(high),
      momentum: attr.float(0.75),
      until: attr.float(0.8),
    },
    inputs: [x, f32([1], [0.4]), f32([], [progress])],
    outputs: 2,
  });
  const cases: [string, number[], number, number, (readonly [number, number])?][] = [
    ['the upper end decides', [-0.4, 0, 6], 0.5, 0.75 * 0.4 + 0.25 * 0.6],
    ['the lower end decides', [-3, 0, 6], 0, 0.75 * 0.4 + 0.25 * 1.5],
    ['late in the run it stays', [-3, 0, 6], 0.8, 0.4],
    ['zeros tell nothing', [0, -0, 0], 0.5, 0.4],
    ['nor does what is not finite', [0, inf, 1], 0.5, 0.4],
    ['nothing above 0 counts', [-3, 7, 0], 0, 0.75 * 0.4 + 0.25 * 0.3, [-10, 0]],
    ['nothing above 0 counts, 0 is the upper end', [-3, -1, 0], 0, 0.75 * 0.4 + 0.25 * 0.3, [-10, 0]],
    ['nothing below 0 counts', [-3, 2, 0], 0, 0.75 * 0.4 + 0.25 * 0.2, [0, 10]],
  ];

  test.each(cases)('%s', (_, values, progress, scale, bounds = [-2, 10]) => {
    const x = f32([3], values);
    const [y, next] = reference(observed(x, progress, bounds));
    expect(toNumbers(next!)[0]).toBeCloseTo(scale, 6);
    const [plain] = reference(nodeOf({ x, scale: next!, low: bounds[0], high: bounds[1] }));
    expect(y).toEqual(plain);
  });

  test.each(cases)('in the engine: %s', (_, values, progress, __, bounds = [-2, 10]) => {
    const { inputs, op, domain, attributes } = observed(f32([1, 3], values), progress, bounds);
    const writer = new GraphWriter();
    const names = inputs.map((value, i) => writer.input(`x${i}`, value));
    const outputs = writer.add(op, names, attributes, { domain, outputs: 2 });
    const graph = writer.graph(outputs.map((name, i) => ({ name, dtype: 'float32', dims: inputs[i]!.dims })));
    const feeds = new Map(names.map((name, i) => [name, inputs[i]!]));
    const engine = new Engine(1);
    const runner = new GraphRunner(graph, engine);
    const found = runner.runSync(feeds);
    for (const [name, value] of runReference(graph, feeds)) expect(found.get(name)).toEqual(value);
    runner.release();
    engine.release();
  });
});
