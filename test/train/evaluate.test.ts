// Accuracy through a session: batches of any size give the same count, fixed models run one by one.
import { Tensor } from 'onnxruntime-common';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import { f32, tensor } from '../../lib/tensor/tensor.js';
import { evaluate, type LabelledSample } from '../../lib/train/evaluate.js';

/** Multiplies [n,2] by the identity: the larger of two numbers is the answer. */
function model(batch: number | string): Model {
  const g = new GraphBuilder('larger');
  const x = g.input('x', 'float32', [batch, 2]);
  const [y] = g.node('MatMul', [x, g.constant('eye', f32([2, 2], [1, 0, 0, 1]))], {}, { outputs: ['y'] });
  g.output(y!, 'float32', [batch, 2]);
  return new Model(g.build());
}

/** Every third sample has the wrong label. */
const samples: LabelledSample[] = Array.from({ length: 20 }, (_, i) => ({
  feeds: { x: new Tensor('float32', i % 2 === 0 ? [1, 0] : [0, 1], [1, 2]) },
  label: i % 3 === 0 ? 1 - (i % 2) : i % 2,
}));

test.each([1, 7, 20, 100])('batches of %d', async (batch) => {
  const answers: boolean[] = [];
  const onAnswer = (right: boolean): void => void answers.push(right);
  expect(await evaluate(model('N'), samples, { batch, threads: 1, onAnswer })).toEqual({
    samples: 20,
    right: 13,
    accuracy: 0.65,
    // Logits 0 and 1: the label is the larger one 13 times.
    loss: expect.closeTo((13 * Math.log(1 + Math.exp(-1)) + 7 * Math.log(1 + Math.E)) / 20, 10),
  });
  expect(answers).toEqual(samples.map((_, i) => i % 3 !== 0));
});

test('the loss of a model that ends in Softmax is that of its logits', async () => {
  const g = new GraphBuilder('probabilities');
  const x = g.input('x', 'float32', ['N', 2]);
  const [y] = g.node('Softmax', [x], {}, { outputs: ['y'] });
  g.output(y!, 'float32', ['N', 2]);
  const { loss } = await evaluate(new Model(g.build()), samples, { threads: 1 });
  expect(loss).toBeCloseTo((await evaluate(model('N'), samples, { threads: 1 })).loss, 6);
});

/** x[:, :1] - x[:, 1:] as the only score, behind the operators given. */
function oneScore(ends: readonly string[], dtype: 'float32' | 'int64' = 'float32'): Model {
  const g = new GraphBuilder('one score');
  const x = g.input('x', 'float32', ['N', 2]);
  let [y] = g.node('MatMul', [x, g.constant('w', f32([2, 1], [-1, 1]))]);
  for (const op of ends) [y] = g.node(op, [y!], op === 'Cast' ? { to: attr.int(7) } : {});
  g.output(y!, dtype);
  return new Model(g.build());
}

test.each([
  ['a logit', []],
  ['a probability', ['Sigmoid']],
  ['a probability, moved', ['Sigmoid', 'Flatten', 'Identity']],
])('one score, %s: yes or no, and the loss of it', async (_, ends) => {
  const answers: boolean[] = [];
  const onAnswer = (right: boolean): void => void answers.push(right);
  const { right, loss } = await evaluate(oneScore(ends), samples, { threads: 1, onAnswer });
  expect(answers).toEqual(samples.map((_, i) => i % 3 !== 0));
  expect(right).toBe(13);
  expect(loss).toBeCloseTo((13 * Math.log(1 + Math.exp(-1)) + 7 * Math.log(1 + Math.E)) / 20, 6);
});

test('what tells no classes is refused, and so are labels of others', async () => {
  const options = { threads: 1 };
  await expect(evaluate(oneScore(['Cast'], 'int64'), samples, options)).rejects.toMatchObject({
    code: 'KPT_TYPE_MISMATCH',
    message: expect.stringContaining('one score in float32'),
  });
  await expect(evaluate(oneScore(['ReduceMax']), samples, options)).rejects.toMatchObject({
    code: 'KPT_SHAPE_MISMATCH',
  });
  for (const [net, label] of [
    [model('N'), 2],
    [model('N'), -1],
    [oneScore([]), 2],
    [oneScore([]), 0.5],
    // Labels of other types look right in a message that does not name these.
    [model('N'), '1' as unknown as number],
    [model('N'), 1n as unknown as number],
  ] as const)
    await expect(evaluate(net, [{ ...samples[0]!, label }], options)).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
      message: `Expected an integer from 0 to 1 for the label of a sample, as the model tells 2 classes apart, but received ${shown(label)}.`,
    });
});

const shown = (label: unknown): string => (label === '1' ? '"1"' : `${label} (${typeof label})`);

test('a fixed batch size of one', async () => {
  expect(await evaluate(model(1), samples, { threads: 1 })).toMatchObject({ samples: 20, right: 13 });
});

test.each([
  ['no samples', [], 'KPT_CALIBRATION_EMPTY'],
  [
    'no label',
    [samples[0]!, { feeds: samples[0]!.feeds }],
    'KPT_INPUT_MISSING',
    /^Sample 1 has no label.*idx:IMAGES,LABELS/,
  ],
  ['another input', [{ feeds: { z: samples[0]!.feeds.x! }, label: 1 }], 'KPT_INPUT_UNKNOWN'],
  [
    'inputs that differ',
    [samples[0]!, { feeds: { z: samples[0]!.feeds.x! }, label: 1 }],
    'KPT_INPUT_UNKNOWN',
  ],
  [
    'another size',
    [samples[0]!, { feeds: { x: new Tensor('float32', [1, 2, 3], [1, 3]) }, label: 1 }],
    'KPT_SHAPE_MISMATCH',
  ],
])('%s', async (_, list: LabelledSample[], code, message = /./) => {
  await expect(evaluate(model('N'), list, { threads: 1 })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

/** Answers 1 where neighbours in a row differ, 0 where those in a column do, in pictures of any size. */
function stripes(): Model {
  const g = new GraphBuilder('stripes');
  const x = g.input('x', 'float32', ['N', 1, 'H', 'W']);
  const w = g.constant('w', f32([2, 1, 2, 2], [1, 1, -1, -1, 1, -1, 1, -1]));
  let [y] = g.node('Conv', [x, w]);
  for (const op of ['Abs', 'GlobalAveragePool', 'Flatten']) [y] = g.node(op, [y!]);
  g.output(y!, 'float32');
  return new Model(g.build());
}

const picture = (height: number, width: number, label: number): LabelledSample => ({
  feeds: {
    x: new Tensor(
      'float32',
      Float32Array.from({ length: height * width }, (_, i) =>
        label === 1 ? (i % width) % 2 : Math.floor(i / width) % 2,
      ),
      [1, 1, height, width],
    ),
  },
  label,
});

test.each([
  ['of the same area', [4, 8], [8, 4], 100],
  ['of the same area, one by one', [4, 8], [8, 4], 1],
  ['of another area', [4, 8], [5, 6], 100],
  ['of another area, one by one', [4, 8], [5, 6], 1],
  ['of one line', [2, 9], [9, 2], 100],
])('pictures %s, where the model leaves their sizes open', async (_, first, second, batch) => {
  // Three of each size in turn; each is as far from the other answer as its size has it.
  const shapes = Array.from({ length: 12 }, (_, i) => (i % 6 < 3 ? first : second) as [number, number]);
  const pictures = shapes.map(([h, w], i) => picture(h, w, i % 2));
  const each = await Promise.all(pictures.map((one) => evaluate(stripes(), [one], { threads: 1 })));
  const { right, loss } = await evaluate(stripes(), pictures, { batch, threads: 1 });
  expect(right).toBe(12);
  expect(loss).toBeCloseTo(each.reduce((sum, one) => sum + one.loss, 0) / 12, 10);
});

test('a sample of several is refused by its name', async () => {
  const two = { name: 'both.png', feeds: { x: new Tensor('float32', [1, 0, 0, 1], [2, 2]) }, label: 1 };
  await expect(evaluate(model('N'), [samples[0]!, two], { threads: 1 })).rejects.toMatchObject({
    code: 'KPT_SHAPE_MISMATCH',
    message: "Expected 2 elements [2] for 'x' of sample 'both.png' but received [2,2].",
  });
});

/** x plus the sum of both rows of a state, times a number: like a recurrent network with its states among the inputs. */
function withState(): Model {
  const g = new GraphBuilder('state');
  const x = g.input('x', 'float32', ['N', 2]);
  const state = g.input('state', 'float32', [2, 'N', 2]);
  const gain = g.input('gain', 'float32', []);
  const axes = g.constant('axes', tensor('int64', [1], BigInt64Array.of(0n)));
  const [sum] = g.node('ReduceSum', [state, axes], { keepdims: attr.int(0) });
  const [all] = g.node('Add', [x, sum!]);
  const [y] = g.node('Mul', [all!, gain], {}, { outputs: ['y'] });
  g.output(y!, 'float32', ['N', 2]);
  return new Model(g.build());
}

test('states and settings are no samples: they are taken as they are', async () => {
  const gain = new Tensor('float32', [2], []);
  const stated = (state: readonly number[], label: number): LabelledSample => ({
    feeds: {
      x: new Tensor('float32', [0.5, 0], [1, 2]),
      state: new Tensor('float32', state, [2, 1, 2]),
      gain,
    },
    label,
  });
  const given = [
    stated([0, 0, 0, 0], 0),
    stated([0, 1, 0, 1], 1),
    stated([1, 0, 0, 1], 0),
    stated([0, 1, 0, 0], 0),
  ];
  const answers: boolean[] = [];
  await evaluate(withState(), given, { threads: 1, onAnswer: (right) => void answers.push(right) });
  expect(answers).toEqual([true, true, true, false]);
});
