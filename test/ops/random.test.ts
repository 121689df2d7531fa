// Operators that draw random numbers: their types, their distributions, and that seeds repeat.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Engine } from '../../lib/run/engine.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { f32, toNumbers } from '../../lib/tensor/tensor.js';
import { referenceOf } from '../helpers/one-node.js';

const count = 4000;
const shape = { shape: attr.ints([40, 100]) };
const zeros = f32([40, 100], new Float32Array(count));

const moments = (values: Float64Array): [number, number] => {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return [mean, values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length];
};

test.each([
  ['RandomNormal', [], { ...shape, mean: attr.float(2), scale: attr.float(3) }, 2, 9],
  ['RandomNormalLike', [zeros], {}, 0, 1],
  ['RandomUniform', [], { ...shape, low: attr.float(-1), high: attr.float(3) }, 1, 16 / 12],
  ['RandomUniformLike', [zeros], {}, 0.5, 1 / 12],
  ['Bernoulli', [f32([40, 100], new Float32Array(count).fill(0.25))], {}, 0.25, 0.1875],
])('%s', (op, inputs, attributes, mean, variance) => {
  const draw = (seed: number) =>
    referenceOf({ op, inputs, attributes: { ...attributes, seed: attr.float(seed) } })[0]!;
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
  expect(draw(3).dims).toEqual([40, 100]);
  const [gotMean, gotVariance] = moments(toNumbers(draw(3)));
  expect(Math.abs(gotMean - mean)).toBeLessThan(0.15 * Math.sqrt(variance));
  expect(Math.abs(gotVariance - variance)).toBeLessThan(0.15 * variance);
});

test('Multinomial draws in proportion', () => {
  const logs = f32([1, 3], [Math.log(1), Math.log(2), Math.log(5)]);
  const attributes = { sample_size: attr.int(count), seed: attr.float(1) };
  const [y] = referenceOf({ op: 'Multinomial', inputs: [logs], attributes });
  expect(y).toMatchObject({ dtype: 'int32', dims: [1, count] });
  const share = (k: number) => toNumbers(y!).filter((v) => v === k).length / count;
  expect([0, 1, 2].map((k) => Math.round(share(k) * 16) / 16)).toEqual([0.125, 0.25, 0.625]);
});

test('every run draws anew: nothing is folded', () => {
  const g = new GraphBuilder('test', { '': 18 });
  const [y] = g.node('RandomNormal', [], { shape: attr.ints([4]) });
  g.output(y!, 'float32');
  const engine = new Engine(1);
  const runner = new GraphRunner(g.build(), engine);
  const run = () => [...runner.runSync(new Map()).values()][0];
  expect(run()).not.toEqual(run());
  runner.release();
  engine.release();
});
