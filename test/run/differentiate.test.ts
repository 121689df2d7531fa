// Every gradient against central finite differences of the references in double precision, and the engine's gradient in
// single precision against that of the references.
import { KompaktError } from '../../lib/errors.js';
import type { Graph } from '../../lib/graph/graph.js';
import { GraphWriter } from '../../lib/graph/writer.js';
import { zeroGradient } from '../../lib/ops/gradients/unary.js';
import { ops } from '../../lib/ops/index.js';
import { differentiate } from '../../lib/run/differentiate.js';
import { Engine } from '../../lib/run/engine.js';
import { runReference } from '../../lib/run/reference.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { f32, scalarOf, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { type GradientCase, problemOf } from '../helpers/gradient-case.js';
import { gradientCases } from '../helpers/gradient-cases.js';

const step = 1e-5;

function lossAt(graph: Graph, loss: string, feeds: ReadonlyMap<string, TensorValue>): number {
  return scalarOf(runReference(graph, feeds).get(loss)!, 'the loss');
}

/** Elements of an input that are looked at: all of small ones, some of large ones. */
const mostElements = 40;
const sampled = (size: number): number[] => {
  const stride = Math.max(1, Math.ceil(size / mostElements));
  return Array.from({ length: Math.ceil(size / stride) }, (_, i) => i * stride);
};

/** (f(x + h) - f(x - h)) / 2h for the sampled elements of every input. */
function differences(test: GradientCase): Float64Array[] {
  const { graph, loss, wrt, feeds } = problemOf(test, 'float64', true);
  return wrt.map((name) => {
    const value = feeds.get(name)!;
    return Float64Array.from(sampled(value.data.length), (i) => {
      const [above, below] = [step, -step].map((h) => {
        const data = Float64Array.from(value.data as Float64Array);
        data[i]! += h;
        return lossAt(graph, loss, new Map(feeds).set(name, tensor('float64', value.dims, data)));
      });
      return (above! - below!) / (2 * step);
    });
  });
}

function gradientsOf(
  test: GradientCase,
  dtype: 'float32' | 'float64',
  run: (graph: Graph, feeds: ReadonlyMap<string, TensorValue>) => ReadonlyMap<string, TensorValue>,
): Float64Array[] {
  const { graph, loss, wrt, feeds } = problemOf(test, dtype);
  const trained = differentiate(graph, loss, wrt);
  const results = run(trained, feeds);
  return trained.outputs.slice(1).map(({ name }, i) => {
    expect(results.get(name)!.dims).toEqual(feeds.get(wrt[i]!)!.dims);
    return toNumbers(results.get(name)!);
  });
}

const largest = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-3);

function expectClose(
  mine: readonly Float64Array[],
  theirs: readonly Float64Array[],
  tolerance: number,
): void {
  expect(mine.length).toBe(theirs.length);
  mine.forEach((values, k) => {
    const scale = Math.max(largest(values), largest(theirs[k]!));
    const worst = values.reduce((most, v, i) => Math.max(most, Math.abs(v - theirs[k]![i]!)), 0);
    expect(worst / scale).toBeLessThan(tolerance);
    expect(values.some((v) => v !== 0)).toBe(true);
  });
}

describe('gradients', () => {
  const engine = new Engine(2);
  afterAll(() => engine.release());

  test.each(gradientCases.map((test) => [test.name, test] as const))('%s', (_, test) => {
    const exact = gradientsOf(test, 'float64', runReference);
    const some = exact.map((values) => Float64Array.from(sampled(values.length), (i) => values[i]!));
    expectClose(some, differences(test), 2e-6);
    let host: readonly string[] = [];
    const native = gradientsOf(test, 'float32', (graph, feeds) => {
      const runner = new GraphRunner(graph, engine);
      const types = new Map([...feeds].map(([name, { dtype, dims }]) => [name, { dtype, dims }]));
      const { plan } = runner.prepare(types);
      host = plan.schedule.flatMap((item) => (item.kind === 'host' ? [item.node.op] : []));
      const results = runner.runSync(feeds);
      runner.release();
      return results;
    });
    if (test.host === undefined) expect(host).toEqual([]);
    else expect(host.length).toBeGreaterThan(0);
    expectClose(native, exact, 2e-5);
  });

  test('every operator with a gradient has a case', () => {
    // Their gradients are not those of their functions, or tested beside them: test/ops.
    const tested = new Set(['FakeQuantize', 'ObservedQuantize', 'Prune'].map((op) => `ai.kompakt:${op}`));
    for (const test of gradientCases) tested.add(`${test.domain ?? ''}:${test.op}`);
    const untested = [...ops.values()]
      .filter(({ gradient }) => !('notDifferentiable' in gradient) && gradient !== zeroGradient)
      .map(({ domain, op }) => `${domain}:${op}`)
      .filter((key) => !tested.has(key));
    expect(untested).toEqual([]);
  });
});

describe('differentiate', () => {
  test('adds up what several consumers contribute, in one order', () => {
    const writer = new GraphWriter();
    const x = writer.input('x', { dtype: 'float32', dims: [] });
    const [square] = writer.add('Mul', [x, x]);
    const [cube] = writer.add('Mul', [square!, x]);
    const graph = differentiate(writer.graph([]), cube!, ['x']);
    const result = runReference(graph, new Map([['x', f32([], [3])]]));
    expect([...result.values()].map((v) => v.data[0])).toEqual([27]);
  });

  test('names the operator that has no gradient', () => {
    const writer = new GraphWriter();
    const x = writer.input('x', { dtype: 'float32', dims: [4] });
    const [sorted] = writer.add('CumSum', [
      x,
      writer.constant('axis', tensor('int64', [], BigInt64Array.of(0n))),
    ]);
    const [hard] = writer.add('Hardmax', [sorted!]);
    const [loss] = writer.add('ReduceSum', [hard!], { keepdims: { type: 'int', value: 0 } });
    expect(() => differentiate(writer.graph([]), loss!, ['x'])).toThrow(
      expect.objectContaining({
        code: 'KPT_NOT_DIFFERENTIABLE',
        message: expect.stringContaining('Hardmax node'),
      }),
    );
  });

  test('refuses what the loss does not depend on, and a loss of many elements', () => {
    const writer = new GraphWriter();
    writer.input('x', { dtype: 'float32', dims: [4] });
    writer.input('other', { dtype: 'float32', dims: [4] });
    const [y] = writer.add('Relu', ['x']);
    const [loss] = writer.add('ReduceSum', [y!], { keepdims: { type: 'int', value: 0 } });
    expect(() => differentiate(writer.graph([]), loss!, ['other'])).toThrow(KompaktError);
    expect(() => differentiate(writer.graph([]), y!, ['x'])).toThrow(/one element/);
  });
});
