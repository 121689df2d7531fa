// Penalties of single parameters, by hand: one step of a layer whose inputs are 0, so that the loss pulls at no weight; and axes of
// classes.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { f32, fromNumbers, i64, toNumbers } from '../../lib/tensor/tensor.js';
import { crossEntropy } from '../../lib/train/losses/cross-entropy.js';
import { klDivergence } from '../../lib/train/losses/kl-divergence.js';
import { softTargets } from '../../lib/train/losses/soft-targets.js';
import { adam, adamW } from '../../lib/train/optimizers/adam.js';
import { sgd } from '../../lib/train/optimizers/sgd.js';
import { compileStep } from '../../lib/train/step.js';
import type { TrainingOptions } from '../../lib/train/training.js';

const [inputs, outputs, batch] = [6, 10, 4];
const learningRate = 0.1;
const weights = Array.from({ length: inputs * outputs }, (_, i) => Math.sin(i + 1) / 4);
const bias = Array.from({ length: outputs }, (_, i) => (i + 1) / 4);

/** Weights [inputs,outputs] and bias after one step; `outputsFirst`: the layer has them as [outputs,inputs]. */
function after(outputsFirst: boolean, options: Partial<TrainingOptions>) {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', inputs]);
  const turned = weights.map((_, i) => weights[(i % inputs) * outputs + Math.floor(i / inputs)]!);
  const w = outputsFirst ? f32([outputs, inputs], turned) : f32([inputs, outputs], weights);
  const [y] = g.node('Gemm', [x, g.constant('w', w), g.constant('b', f32([outputs], bias))], {
    transB: attr.int(Number(outputsFirst)),
  });
  g.output(y!, 'float32');
  const step = compileStep({
    graph: g.build(),
    loss: crossEntropy(),
    optimizer: sgd(),
    batch,
    threads: 1,
    ...options,
  });
  const feeds = new Map([
    ['x', f32([batch, inputs], new Float32Array(batch * inputs))],
    ['target', i64([0, 1, 2, 3])],
  ]);
  step.run(feeds, { learningRate, progress: 0 });
  const [own, b] = ['w', 'b'].map((name) => toNumbers(step.state.get(name)!)) as [Float64Array, Float64Array];
  step.release();
  const back = own.map((_, i) => own[(i % outputs) * inputs + Math.floor(i / outputs)]!);
  return { w: outputsFirst ? back : own, b };
}

test.each([true, false])('groups of the lasso are the weights of one output (outputs first: %p)', (first) => {
  const groupLasso = 0.3;
  const { w } = after(first, { regularizer: { groupLasso } });
  weights.forEach((value, i) => {
    const norm = Math.hypot(...weights.filter((_, at) => at % outputs === i % outputs));
    const pull = groupLasso * Math.sqrt(inputs) * (value / norm);
    expect(w[i]).toBeCloseTo(value - learningRate * pull, 6);
  });
});

test('the decay of AdamW acts where that of the loss does', () => {
  const decay = 0.1;
  const run = (options: Partial<TrainingOptions>, optimizer = adamW({ decay })) =>
    after(true, { optimizer, ...options });
  const rule = (name: string, penalized: boolean | 'l2') => ({ rules: new Map([[name, { penalized }]]) });
  const still = run({}, adam());
  const kept = 1 - learningRate * decay;
  const decayed = { w: weights.map((v) => kept * v), b: still.b.map((v, i) => v - (1 - kept) * bias[i]!) };
  const near = (mine: ArrayLike<number>, theirs: ArrayLike<number>) =>
    Array.from(theirs).forEach((v, i) => {
      expect(mine[i]).toBeCloseTo(v, 6);
    });
  for (const [options, w, b] of [
    [{}, decayed.w, still.b],
    [{ regularizer: { everything: true } }, decayed.w, decayed.b],
    [rule('b', 'l2'), decayed.w, decayed.b],
    [rule('w', false), still.w, still.b],
    [{ regularizer: { everything: true }, ...rule('b', false) }, decayed.w, still.b],
  ] as const) {
    const made = run(options);
    near(made.w, w);
    near(made.b, b);
  }
});

test('weight decay alone, also of what has one dimension', () => {
  const regularizer = { l1: 0.2, l2: 0.1, groupLasso: 0.1, limit: 0.01 };
  const biasWith = (penalized: boolean | 'l2') =>
    after(true, { regularizer, rules: new Map([['b', { penalized }]]) }).b;
  const [plain, decayed, usual] = [biasWith(false), biasWith('l2'), biasWith(true)];
  expect(usual).toEqual(plain);
  bias.forEach((value, i) => {
    expect(decayed[i]).toBeCloseTo(plain[i]! - learningRate * regularizer.l2 * value, 6);
  });
});

test.each([
  ['cross-entropy', [2, 3, 4], -1, crossEntropy(), 'axis 1, but the Softmax'],
  ['kl-divergence', [2, 3, 4], 2, klDivergence(), 'is over axis 2'],
  ['soft targets', [2, 3], 0, softTargets(2, 'target'), 'is over axis 0'],
  ['kl-divergence', [2, 3, 4], 1, klDivergence(), undefined],
  ['cross-entropy', [2, 3], -1, crossEntropy(), undefined],
] as const)('%s and a Softmax over another axis: of %j over %d', (_, dims, axis, loss, message) => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', dims);
  const scaled = g.node('Mul', [
    x,
    g.constant('w', f32([dims[1]!, ...dims.slice(2).map(() => 1)], ones(dims[1]))),
  ]);
  g.output(g.node('Softmax', scaled, { axis: attr.int(axis) })[0]!, 'float32');
  const compile = () =>
    compileStep({
      graph: g.build(),
      loss,
      optimizer: sgd(),
      batch: 2,
      threads: 1,
      trainable: ['w'],
    }).release();
  if (message === undefined) expect(compile).not.toThrow();
  else
    expect(compile).toThrow(
      expect.objectContaining({ code: 'KPT_OPTION_INVALID', message: expect.stringContaining(message) }),
    );
});

test.each(['float16', 'float64'] as const)('a model in %s is refused as what it is', (dtype) => {
  const g = new GraphBuilder();
  const w = g.constant('w', fromNumbers(dtype, [2, 2], [1, 2, 3, 4]));
  const [y] = g.node('MatMul', [g.input('x', dtype, ['n', 2]), w]);
  g.output(y!, dtype);
  const options = { graph: g.build(), loss: crossEntropy(), optimizer: sgd(), batch: 2, threads: 1 };
  expect(() => compileStep(options)).toThrow(
    expect.objectContaining({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringMatching(/weights in float32 to train.* one in float(16|64): .*'w'.*Export/),
    }),
  );
});

const ones = (count: number): Float32Array => new Float32Array(count).fill(1);

/** A layer behind a Reshape that has the batch in its shape. */
function shaped(made: number | string, given: number): ReturnType<typeof compileStep> {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [made, 2, 3]);
  const [flat] = g.node('Reshape', [x, g.constant('shape', i64([2, 6]))]);
  const w = g.constant('w', f32([inputs, outputs], weights));
  g.output(g.node('Gemm', [flat!, w])[0]!, 'float32');
  return compileStep({ graph: g.build(), loss: crossEntropy(), optimizer: sgd(), batch: given, threads: 1 });
}

test('of a model whose nodes know one batch only, the batch to give is told', () => {
  shaped(2, 2).release();
  expect(() => shaped(2, 16)).toThrow(
    expect.objectContaining({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringMatching(
        /a batch of 2 and does not take one of 16: .*Reshape.* Give 2 as option batch/,
      ),
    }),
  );
  expect(() => shaped('batch', 16)).toThrow(expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }));
});
