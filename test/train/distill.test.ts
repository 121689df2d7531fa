// Distillation end to end: a student becomes like its teachers, by outputs and by inner values, with and without labels.
import { freezeGraph, type Graph } from '../../lib/graph/graph.js';
import { GraphEditor } from '../../lib/graph/rewrite.js';
import type { Model } from '../../lib/model/model.js';
import { f32, type TensorValue } from '../../lib/tensor/tensor.js';
import { type DistillOptions, distill } from '../../lib/train/distill.js';
import { evaluate } from '../../lib/train/evaluate.js';
import { finetune } from '../../lib/train/finetune.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import type { Preparation } from '../../lib/train/preparation.js';
import { classes, pictures, side, unlabelled } from '../helpers/pictures.js';

const shape = { input: [1, side, side], classes } as const;
const student = (seed = 5) => buildNetwork('lenet-300-100', { ...shape, width: 0.05, seed });
const convolutional = (width: number, seed: number) => buildNetwork('small-vgg', { ...shape, width, seed });
const data = pictures(200);
const judged = pictures(100, 2) as Required<Pick<(typeof data)[0], 'feeds' | 'label'>>[];

let teacher: Model;
let second: Model;
beforeAll(async () => {
  const options = { data, epochs: 5, batch: 16, threads: 1 };
  teacher = (await finetune(convolutional(0.25, 1), options)).model;
  second = (await finetune(buildNetwork('lenet-300-100', { ...shape, width: 0.2, seed: 2 }), options)).model;
  expect((await evaluate(teacher, judged, { threads: 1 })).accuracy).toBeGreaterThan(0.95);
});

const learn = (model: Model, options: Partial<DistillOptions> = {}) =>
  distill(model, {
    teacher,
    data,
    epochs: 6,
    batch: 16,
    seed: 1,
    threads: 1,
    learningRate: 0.02,
    ...options,
  });
const scaled = ({ dims, data: values }: TensorValue, factor: number): TensorValue =>
  f32(
    dims,
    (values as Float32Array).map((v) => v * factor),
  );
const bytes = (model: Model): string => Buffer.from(model.toBytes()).toString('base64');

test('soft targets alone teach without a label, and know what the teacher knows', async () => {
  const { model, report } = await learn(student(), {
    data: unlabelled(data),
    softWeight: 1,
    evaluate: judged,
  });
  expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan(0.9);
  expect(report.epochs.at(-1)!.loss).toBeLessThan(0.5 * report.epochs[0]!.loss);
  expect(report.epochs[0]!.accuracy).toBeNull();
  expect(model.graph.nodes.map(({ op }) => op)).toEqual(student().graph.nodes.map(({ op }) => op));
});

test('a teacher that is wrong on purpose is believed more than labels when it has the weight', async () => {
  const turned = data.map(({ feeds, label }) => ({ feeds, label: (label! + 1) % classes }));
  const wrong = (await finetune(convolutional(0.25, 1), { data: turned, epochs: 5, batch: 16, threads: 1 }))
    .model;
  const { model } = await learn(student(), { teacher: wrong, softWeight: 0.9 });
  const judgedTurned = judged.map(({ feeds, label }) => ({ feeds, label: (label + 1) % classes }));
  expect((await evaluate(model, judgedTurned, { threads: 1 })).accuracy).toBeGreaterThan(0.9);
});

test('several teachers; what is remembered changes nothing', async () => {
  const once = await learn(student(), { teacher: [teacher, second], epochs: 3, evaluate: judged });
  expect(once.report.epochs.at(-1)!.evaluation).toBeGreaterThan(0.6);
  // Streamed samples cannot be remembered: teachers are asked anew in each epoch. The window is that of all samples.
  const changed = await learn(student(), {
    teacher: [teacher, second],
    epochs: 3,
    augment: { noise: 1e-30 },
  });
  expect(bytes(changed.model)).toBe(bytes(once.model));
});

test('self-distillation: the teacher is the student as it was', async () => {
  const { model: trained } = await finetune(student(), { data, epochs: 6, batch: 16, threads: 1 });
  const { report } = await learn(trained, {
    teacher: 'self',
    softWeight: 1,
    data: unlabelled(data),
    epochs: 1,
  });
  expect(report.curve[0]!.loss).toBeLessThan(1e-6);
});

describe('inner values', () => {
  const narrow = () => convolutional(0.125, 7);

  test('hints through a regressor, which is gone afterwards; training them lowers their loss', async () => {
    const hints = [{ student: 'relu6.out', teacher: 'relu6.out', weight: 5 }];
    const { model, report } = await learn(narrow(), { hints, epochs: 3, evaluate: judged });
    expect([...model.graph.constants.keys()].sort()).toEqual([...narrow().graph.constants.keys()].sort());
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(narrow().graph.nodes.map(({ op }) => op));
    expect(report.epochs.at(-1)!.loss).toBeLessThan(report.epochs[0]!.loss);
    expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan(0.9);
  });

  test('a prepared student: guides see the graph that is trained, the result is what is made of it', async () => {
    const finished: Graph[] = [];
    // Weights are trained as halves of what they are.
    const prepare = (graph: Graph): Preparation => {
      const editor = new GraphEditor(graph);
      const first = graph.nodes.find(({ op }) => op === 'Conv')!;
      const [x, w, ...rest] = first.inputs as [string, string];
      const half = editor.addConstant('half', scaled(graph.constants.get(w)!, 0.5));
      const doubled = editor.newNode('Add', [half, half], [editor.fresh('doubled')]);
      editor.replace([first], [doubled, { ...first, inputs: [x, doubled.outputs[0]!, ...rest] }]);
      return {
        graph: editor.finish(),
        trainable: [half],
        identity: { halves: true },
        finish: (trained) => {
          finished.push(trained);
          const constants = new Map(graph.constants).set(w, scaled(trained.constants.get(half)!, 2));
          return freezeGraph({ ...graph, constants });
        },
      };
    };
    const hints = [{ student: 'relu6.out', teacher: 'relu6.out', weight: 5 }];
    const { model, report } = await learn(narrow(), { hints, prepare, epochs: 2, evaluate: judged });
    expect(report.epochs[1]!.loss).toBeLessThan(report.epochs[0]!.loss);
    expect(finished).toHaveLength(3);
    expect(finished.every(({ nodes }) => nodes.length === narrow().graph.nodes.length + 1)).toBe(true);
    const changed = [...model.graph.constants].filter(([name, { data: values }]) =>
      (values as Float32Array).some((v, i) => v !== narrow().graph.constants.get(name)!.data[i]),
    );
    expect(changed.map(([name]) => name)).toEqual([
      narrow().graph.nodes.find(({ op }) => op === 'Conv')!.inputs[1],
    ]);
  });

  test('hints alone: a student of the same shape becomes the teacher', async () => {
    const hints = [{ student: 'logits', teacher: 'logits' }];
    const { report } = await learn(convolutional(0.25, 9), {
      hints,
      softWeight: 0,
      loss: 'mean-squared-error',
      epochs: 1,
      data: unlabelled(data).map((lesson, i) => ({ ...lesson, label: i % classes })),
    });
    expect(report.epochs).toHaveLength(1);
  });

  test('attention', async () => {
    const attention = [{ student: 'relu6.out', teacher: 'relu6.out' }];
    const { report } = await learn(narrow(), { attention, epochs: 3, evaluate: judged });
    expect(report.epochs.at(-1)!.loss).toBeLessThan(report.epochs[0]!.loss);
    expect(report.epochs.at(-1)!.evaluation).toBeGreaterThan(0.9);
  });

  test.each([
    [{ hints: [{ student: 'nowhere', teacher: 'relu6.out' }] }, /student.*nowhere/],
    [{ hints: [{ student: 'relu6.out', teacher: 'nowhere' }] }, /teacher.*nowhere/],
    [{ hints: [{ student: 'relu6.out', teacher: 'relu6.out', of: 1 }] }, /no teacher 1/],
    [{ hints: [{ student: 'pool7.out', teacher: 'relu6.out' }] }, /but for the channels/],
    [{ attention: [{ student: 'pool7.out', teacher: 'relu6.out' }] }, /pictures of/],
  ])('%j is refused', async (options, message) => {
    await expect(learn(narrow(), options)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

test.each([[{ teacher: [] }], [{ temperature: 0 }], [{ softWeight: 2 }], [{ hint: [] }]])(
  'options %j are refused',
  async (options) => {
    await expect(learn(student(), options as unknown as DistillOptions)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
    });
  },
);
