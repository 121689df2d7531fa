// Weights behind operators that move or convert them are trained and pruned like those that a layer reads itself, and weights that are
// shared stay shared.
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { finetune } from '../../lib/compress/finetune.js';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { fromNumbers, i64, toNumbers } from '../../lib/tensor/tensor.js';
import type { FinetuneOptions } from '../../lib/train/finetune.js';
import { outputAxis } from '../../lib/train/max-norm.js';
import { plainWeights } from '../../lib/train/plain-weights.js';
import { parametersOf } from '../../lib/train/training-form.js';
import { checkPass } from '../helpers/check-pass.js';
import { folder } from '../helpers/data-files.js';
import { randomFloats } from '../helpers/random-floats.js';

const [inputs, hidden, classes] = [6, 8, 3];
const first = randomFloats(inputs * hidden, 1);
const turned = first.map((_, i) => first[(i % inputs) * hidden + Math.floor(i / inputs)]!);

type Way = 'direct' | 'Identity' | 'Transpose' | 'Reshape' | 'Cast' | 'Casts';

/** x W, Relu, V, where W comes to its MatMul by some way. */
function network(way: Way): Graph {
  const g = new GraphBuilder('net');
  const x = g.input('x', 'float32', ['N', inputs]);
  const half = way.startsWith('Cast');
  const dims = way === 'Transpose' ? [hidden, inputs] : way === 'Reshape' ? [48] : [inputs, hidden];
  const w = g.constant(
    'w',
    fromNumbers(half ? 'float16' : 'float32', dims, way === 'Transpose' ? turned : first),
  );
  const to = { to: attr.int(1) };
  const sizes = (): string[] => (way === 'Reshape' ? [g.constant('sizes', i64([inputs, hidden]))] : []);
  const read = (): string =>
    way === 'direct' ? w : g.node(half ? 'Cast' : way, [w, ...sizes()], half ? to : {})[0]!;
  const [p] = g.node('MatMul', [x, read()], {});
  const [q] = way === 'Casts' ? g.node('MatMul', [x, read()], {}) : [p];
  const [sum] = g.node('Add', [p!, q!], {});
  const [h] = g.node('Relu', [sum!], {});
  const v = g.constant('v', fromNumbers('float32', [hidden, classes], randomFloats(hidden * classes, 2)));
  g.output(g.node('MatMul', [h!, v], {})[0]!, 'float32', ['N', classes]);
  return g.build();
}

/** The same weights are an embedding and, transposed, the last layer. */
function tied(): Graph {
  const g = new GraphBuilder('tied');
  const x = g.input('x', 'int64', ['N', 1]);
  const w = g.constant('w', fromNumbers('float32', [classes, hidden], randomFloats(classes * hidden, 3)));
  const [rows] = g.node('Gather', [w, x], { axis: attr.int(0) });
  const [e] = g.node('Reshape', [rows!, g.constant('sizes', i64([-1, hidden]))], {});
  const [m] = g.node('MatMul', [
    e!,
    g.constant('v', fromNumbers('float32', [hidden, hidden], randomFloats(64, 4))),
  ]);
  const [t] = g.node('Transpose', [w], { perm: attr.ints([1, 0]) });
  g.output(g.node('MatMul', [m!, t!], {})[0]!, 'float32', ['N', classes]);
  return g.build();
}

const data = Array.from({ length: 48 }, (_, i) => {
  const values = randomFloats(inputs, i + 10);
  values[i % classes]! += 2;
  return { feeds: { x: new Tensor('float32', values, [1, inputs]) }, label: i % classes };
});
const words = Array.from({ length: 48 }, (_, i) => ({
  feeds: { x: new Tensor('int64', BigInt64Array.of(BigInt(i % classes)), [1, 1]) },
  label: (i + 1) % classes,
}));

const train = (graph: Graph, options: Partial<FinetuneOptions & { prune: { sparsity: number } }> = {}) =>
  finetune(new Model(graph), {
    data: graph.name === 'tied' ? words : data,
    epochs: 3,
    batch: 8,
    seed: 1,
    threads: 1,
    ...options,
  });
const numbers = (model: Model, name: string) => [...toNumbers(model.graph.constants.get(name)!)];

test.each(['direct', 'Identity', 'Transpose', 'Reshape', 'Cast', 'Casts'] as const)('%s', (way) => {
  const graph = network(way);
  const pass = { name: 'plain', summary: '', source: '', run: (source: Graph) => plainWeights(source) };
  const { graph: plain, ops } = checkPass(pass, graph);
  expect(ops).toEqual(
    way === 'Casts' ? ['MatMul', 'MatMul', 'Add', 'Relu', 'MatMul'] : ['MatMul', 'Add', 'Relu', 'MatMul'],
  );
  expect(plain.constants.get('w')).toMatchObject({ dtype: 'float32', dims: [inputs, hidden] });
  expect(parametersOf(plain)).toEqual(['w', 'v']);
  if (way === 'direct') expect(plain).toBe(graph);
});

test.each(['Identity', 'Transpose', 'Reshape'] as const)('behind %s weights learn the same', async (way) => {
  for (const options of [
    {},
    { prune: { sparsity: 0.5 } },
    { regularize: { maxNorm: 0.5 } },
    { train: ['^w$'] },
  ]) {
    const [direct, moved] = [await train(network('direct'), options), await train(network(way), options)];
    expect(numbers(moved.model, 'w')).toEqual(numbers(direct.model, 'w'));
    expect(numbers(moved.model, 'w')).not.toEqual([...first]);
    expect(moved.report.epochs.map(({ loss }) => loss)).toEqual(direct.report.epochs.map(({ loss }) => loss));
    const [of, was] = [moved, direct].map(({ report }) => report.sparsity?.layers.map(({ zeros }) => zeros));
    expect(of).toEqual(was);
  }
});

test('shared weights are trained together, and the model keeps its form', async () => {
  const graph = tied();
  expect(plainWeights(graph)).toEqual(graph);
  expect(parametersOf(graph)).toEqual(['w', 'v']);
  expect(outputAxis(graph, 'w')).toBe(0);
  const { model, report } = await train(graph, { epochs: 12 });
  expect(model.graph.nodes).toEqual(graph.nodes);
  expect(numbers(model, 'w')).not.toEqual([...toNumbers(graph.constants.get('w')!)]);
  expect(report.epochs.at(-1)!.loss).toBeLessThan(0.5 * report.epochs[0]!.loss);
});

test('shared weights are pruned once', async () => {
  const { model, report } = await train(tied(), { prune: { sparsity: 0.5 } });
  const zeros = numbers(model, 'w').filter((v) => v === 0).length;
  expect(report).toMatchObject({
    sparsity: {
      sparsity: 0.5,
      layers: [{ weights: 64 }, { weights: classes * hidden, zeros }],
    },
  });
  expect(zeros).toBeGreaterThan(0);
});

test.each(['Transpose', 'tied'] as const)(
  '%s: aborted and resumed, the weights are the same',
  async (which) => {
    const graph = which === 'tied' ? tied() : network(which);
    const options = {
      optimizer: 'adam',
      checkpoint: { path: join(folder, `plain-${which}`), resume: true },
    } as const;
    const whole = await train(graph, { optimizer: 'adam' });
    const end = new AbortController();
    const stopped = train(graph, {
      ...options,
      signal: end.signal,
      onEvent: (event) => event.event === 'step' && event.step === 8 && end.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'KPT_ABORTED' });
    const rest = await train(graph, options);
    expect(numbers(rest.model, 'w')).toEqual(numbers(whole.model, 'w'));
  },
);

test('residuals belong to layers: those that share weights part', async () => {
  const { model } = await train(network('Transpose'), { residualRank: 1 });
  expect(model.graph.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Add', 'Relu', 'MatMul']);
  expect([...model.graph.constants.values()].map(({ dims }) => dims)).toContainEqual([inputs, hidden]);
});
