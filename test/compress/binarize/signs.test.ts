// Binary weights while they are trained: their values, and gradients by the formulas of the papers.
import { withBinaryActivations } from '../../../lib/compress/binarize/activations.js';
import { chooseLayers } from '../../../lib/compress/binarize/layers.js';
import { binaryMethods } from '../../../lib/compress/binarize/methods/index.js';
import { withBinaryWeights } from '../../../lib/compress/binarize/prepare.js';
import { toInference } from '../../../lib/compress/binarize/to-bits.js';
import { attr } from '../../../lib/graph/attribute.js';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import type { Graph } from '../../../lib/graph/graph.js';
import { GraphWriter } from '../../../lib/graph/writer.js';
import { emit, int } from '../../../lib/ops/gradients/emit.js';
import { differentiate } from '../../../lib/run/differentiate.js';
import { runReference } from '../../../lib/run/reference.js';
import { f32, type TensorValue, toNumbers } from '../../../lib/tensor/tensor.js';
import { randomFloats } from '../../helpers/random-floats.js';

const [filters, size] = [3, 8];
const latent = f32([filters, size], randomFloats(filters * size, 5, 1.4));

/** x [2,8] -> Gemm with the latent weights -> y. */
function dense(): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [2, size]);
  const w = g.constant('w', latent);
  const [y] = g.node('Gemm', [x, w], { transB: attr.int(1) }, { name: 'fc', outputs: ['y'] });
  g.output(y!, 'float32', [2, filters]);
  return g.build();
}

const choice = { first: 'weights', last: 'weights', keep: [], keepSensitive: 0 } as const;

/** The training form by a method: what the layer reads in place of `w`. */
function prepared(method: string): { readonly graph: Graph; readonly weights: string } {
  const { activations, weights } = binaryMethods.find(({ name }) => name === method)!;
  const source = dense();
  const { binary } = chooseLayers(source, { ...choice, keep: [] }, 'weights');
  const { graph } = withBinaryWeights(withBinaryActivations(source, binary, activations), binary, weights);
  return { graph, weights: graph.nodes.find(({ name }) => name === 'fc')!.inputs[1]! };
}

test.each(binaryMethods)(
  '$name: a layer that is kept has the weights that it shares with a binary one',
  (method) => {
    const shared = f32([size, size], randomFloats(size * size, 3, 1.4));
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', [2, size]);
    const w = g.constant('w', shared);
    const [a] = g.node('Gemm', [x, w], {}, { name: 'kept' });
    const [y] = g.node('Gemm', [a!, w], {}, { name: 'binary', outputs: ['y'] });
    g.output(y!, 'float32', [2, size]);
    const { binary } = chooseLayers(g.build(), { ...choice, keep: ['kept'] }, 'weights');
    const before = withBinaryActivations(g.build(), binary, method.activations);
    const { graph, parameters } = withBinaryWeights(before, binary, method.weights);
    expect(parameters.rules.has('w')).toBe(false);
    const made = toInference(graph);
    const weightsOf = (name: string): number[] => {
      const node = made.nodes.find((one) => one.name === name)!;
      return [...toNumbers(made.constants.get(node.inputs[1]!)!)];
    };
    expect(weightsOf('kept')).toEqual([...toNumbers(shared)]);
    const sizes = new Set(weightsOf('binary').map((v) => Math.abs(v).toFixed(5)));
    expect(sizes.size).toBeLessThanOrEqual(size + 1);
  },
);

test('xnor-net: layers that share weights one way and the other have a scale per output channel of their own', () => {
  const shared = f32([size, size], randomFloats(size * size, 3, 1.4));
  const g = new GraphBuilder();
  const w = g.constant('w', shared);
  const [a] = g.node('Gemm', [g.input('x', 'float32', [2, size]), w], {}, { name: 'plain' });
  const [y] = g.node('Gemm', [a!, w], { transB: attr.int(1) }, { name: 'turned', outputs: ['y'] });
  g.output(y!, 'float32', [2, size]);
  const { activations, weights } = binaryMethods.find(({ name }) => name === 'xnor-net')!;
  const { binary } = chooseLayers(g.build(), { ...choice, keep: [] }, 'weights');
  const before = withBinaryActivations(g.build(), binary, activations);
  const { constants, nodes } = toInference(withBinaryWeights(before, binary, weights).graph);
  const values = toNumbers(shared);
  const at = {
    plain: (o: number, i: number) => i * size + o,
    turned: (o: number, i: number) => o * size + i,
  };
  for (const [name, place] of Object.entries(at)) {
    const made = toNumbers(constants.get(nodes.find((node) => node.name === name)!.inputs[1]!)!);
    for (let o = 0; o < size; o++) {
      const column = Array.from({ length: size }, (_, i) => values[place(o, i)]!);
      column.forEach((v, i) => {
        expect(made[place(o, i)]).toBeCloseTo(Math.sign(v) * meanSize(column), 4);
      });
    }
  }
});

const row = (values: ArrayLike<number>, o: number): number[] =>
  Array.from({ length: size }, (_, i) => values[o * size + i]!);
const rows = (values: ArrayLike<number>): number[][] =>
  Array.from({ length: filters }, (_, o) => row(values, o));
const meanSize = (values: readonly number[]): number =>
  values.reduce((sum, v) => sum + Math.abs(v), 0) / values.length;

/** The binary weights, and the gradient of sum(g * weights) with respect to the latent ones. */
function evaluated(
  method: string,
  g: Float32Array,
): { readonly values: number[][]; readonly gradient: number[][] } {
  const { graph, weights } = prepared(method);
  const writer = new GraphWriter({ ...graph, outputs: [] });
  const weighted = emit(writer, 'Mul', [weights, writer.constant('g', f32([filters, size], g))]);
  const loss = emit(writer, 'ReduceSum', [weighted], { keepdims: int(0) });
  const whole = differentiate(
    writer.graph([{ name: weights, dtype: 'float32', dims: [filters, size] }]),
    loss,
    ['w'],
  );
  const x = f32([2, size], new Float32Array(2 * size));
  const results = [...runReference(whole, new Map<string, TensorValue>([['x', x]])).values()];
  return { values: rows(toNumbers(results[0]!)), gradient: rows(toNumbers(results.at(-1)!)) };
}

const g = Float32Array.from(randomFloats(filters * size, 9));
const w = rows(latent.data as Float32Array);
const sign = (v: number): number => (v >= 0 ? 1 : -1);
const inside = (v: number): number => Number(Math.abs(v) <= 1);

function expectRows(got: number[][], wanted: number[][]): void {
  got.flat().forEach((v, i) => {
    expect(v).toBeCloseTo(wanted.flat()[i]!, 5);
  });
}

test('bnn: signs, and the gradient where |w| <= 1', () => {
  const { values, gradient } = evaluated('bnn', g);
  expectRows(
    values,
    w.map((r) => r.map(sign)),
  );
  expectRows(
    gradient,
    w.map((r, o) => r.map((v, i) => row(g, o)[i]! * inside(v))),
  );
});

test('xnor-net: signs times the mean, with the gradient of both', () => {
  const { values, gradient } = evaluated('xnor-net', g);
  expectRows(
    values,
    w.map((r) => r.map((v) => sign(v) * meanSize(r))),
  );
  expectRows(
    gradient,
    w.map((r, o) => {
      const along = r.reduce((sum, v, i) => sum + row(g, o)[i]! * sign(v), 0);
      return r.map((v, i) => row(g, o)[i]! * meanSize(r) * inside(v) + (Math.sign(v) * along) / size);
    }),
  );
});

test('twn: ternary by 0.7 of the mean, and the gradient as it is', () => {
  const { values, gradient } = evaluated('twn', g);
  const wanted = w.map((r) => {
    const large = r.filter((v) => Math.abs(v) >= 0.7 * meanSize(r));
    return r.map((v) => (Math.abs(v) >= 0.7 * meanSize(r) ? Math.sign(v) * meanSize(large) : 0));
  });
  expect(wanted.flat()).toContain(0);
  expectRows(values, wanted);
  expectRows(gradient, rows(g));
});

test('ir-net: signs of centred weights times a power of two; at first the gradient is that of the standardised weights', () => {
  const { values, gradient } = evaluated('ir-net', g);
  const standardized = w.map((r) => {
    const mean = r.reduce((a, b) => a + b) / size;
    const deviation = Math.sqrt(r.reduce((a, b) => a + (b - mean) ** 2, 0) / size);
    return r.map((v) => (v - mean) / deviation);
  });
  const scales = standardized.map((r) => 2 ** Math.round(Math.log2(meanSize(r))));
  expectRows(
    values,
    standardized.map((r, o) => r.map((v) => sign(v) * scales[o]!)),
  );
  // t = 0.1 and k = 10: k * t * (1 - tanh^2(t v)), within a percent of 1 here; standardisation takes mean and size out.
  gradient.forEach((r, o) => {
    const scale = Math.max(...r.map(Math.abs));
    expect(Math.abs(r.reduce((a, b) => a + b)) / scale).toBeLessThan(1e-4);
    expect(Math.abs(r.reduce((a, b, i) => a + b * standardized[o]![i]!, 0)) / scale).toBeLessThan(0.1);
  });
});

test('bop trains the signs themselves', () => {
  const { graph, weights } = prepared('bop');
  expect(weights).toBe('w');
  expect([...toNumbers(graph.constants.get('w')!)]).toEqual(w.flat().map(sign));
});

test.each(binaryMethods.map(({ name }) => name))(
  '%s: training form and what is kept compute alike',
  (method) => {
    const { graph } = prepared(method);
    const x = f32([2, size], randomFloats(2 * size, 4));
    const [a, b] = [graph, toInference(graph)].map((form) => [
      ...toNumbers(runReference(form, new Map([['x', x]])).get('y')!),
    ]);
    expect(toInference(graph).nodes.every(({ domain }) => domain === '')).toBe(true);
    b!.forEach((v, i) => {
      expect(v).toBeCloseTo(a![i]!, 4);
    });
  },
);
