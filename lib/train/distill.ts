// Distillation for users: a student learns from samples and from what teachers make of them.
import { z } from 'zod';
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { parseOptions } from '../session/parse-options.js';
import { samplesIn } from '../session/samples.js';
import { toValues } from '../session/values.js';
import { f32, type TensorValue } from '../tensor/tensor.js';
import type { Batch } from './batches.js';
import {
  type Guide,
  type GuidedStudent,
  guideShape,
  guidesOf,
  innerDims,
  pairsOf,
} from './distill/guides.js';
import { withoutRegressors } from './distill/regressor.js';
import { soften } from './distill/soften.js';
import { Teacher } from './distill/teacher.js';
import { fingerprintOf } from './fingerprint.js';
import { softTargets } from './losses/soft-targets.js';
import { type WeightedLoss, weightedSum } from './losses/weighted-sum.js';
import { lossOf, lossOptions, realShape, trainingShape } from './options.js';
import { checkOutputs } from './outputs.js';
import { plainWeights } from './plain-weights.js';
import { asItIs, type Prepare } from './preparation.js';
import { type Lesson, type TrainedModel, type TrainingInputs, trainModel } from './train-model.js';
import type { TrainingSample } from './training-data.js';

export const distillOptions = z.strictObject({
  ...trainingShape,
  ...realShape,
  /** What the labels are compared with. */
  loss: lossOptions.prefault('cross-entropy'),
  /** Of the soft targets. */
  temperature: z.number().positive().default(4),
  /** Weight of the soft targets; the labels have the rest. With 1, samples need no labels. */
  softWeight: z.number().min(0).max(1).default(0.9),
  ...guideShape,
});

export interface DistillOptions extends z.input<typeof distillOptions>, TrainingInputs {
  /** One or several models of the same classes; 'self': the student as it is before training. */
  readonly teacher: Model | readonly Model[] | 'self';
  /** Trains the student in another form. */
  readonly prepare?: Prepare;
}

type Settings = z.output<typeof distillOptions>;

/** Input of the loss with the probabilities of the teachers. */
const softName = 'teacher/soft';

/** Trains `student` on samples and on what `teacher` answers to them. */
export async function distill(
  student: Model,
  { teacher, data, evaluate, prepare = asItIs, onEvent, signal, ...options }: DistillOptions,
): Promise<TrainedModel> {
  const settings = parseOptions(distillOptions, options, 'distill');
  const models = teacher === 'self' ? [student] : [teacher].flat();
  if (models.length === 0)
    throw new KompaktError('KPT_OPTION_INVALID', 'Option teacher of distill names no model.');
  await checkOutputs(settings);
  const teachers = teachersOf(models, settings);
  try {
    const preparation = await prepare(plainWeights(student.graph));
    const { graph, guides, regressors } = await guidedStudent(preparation.graph, teachers, data, settings);
    const {
      loss,
      temperature,
      softWeight,
      hints,
      attention,
      averageWeights,
      sharpness,
      careful,
      ...training
    } = settings;
    const parts: WeightedLoss[] = [
      { loss: lossOf(loss, settings.mixup), weight: 1 - softWeight },
      { loss: softTargets(temperature, softName), weight: softWeight },
      ...guides,
    ];
    const lectures = new Lectures(student, teachers, guides, settings);
    return await trainModel({
      model: student,
      preparation: {
        ...preparation,
        graph,
        finish: (trained) => preparation.finish(withoutRegressors(trained)),
      },
      loss: weightedSum(parts.filter(({ weight }) => weight > 0)),
      settings: training,
      data,
      identity: {
        loss,
        averageWeights,
        sharpness,
        careful,
        temperature,
        softWeight,
        hints,
        attention,
        teachers: models.map((model) => fingerprintOf(model.graph)),
      },
      provided: [softName, ...guides.map(({ target }) => target)],
      provide: (batch) => lectures.give(batch),
      average: averageWeights,
      sharpness,
      careful,
      truth: models[0]!,
      always: regressors,
      ...(evaluate && { evaluate }),
      ...(onEvent && { onEvent }),
      ...(signal && { signal }),
    });
  } finally {
    for (const one of teachers) one.release();
  }
}

function teachersOf(models: readonly Model[], settings: Settings): Teacher[] {
  const pairs = pairsOf(settings);
  const absent = pairs.find(({ of }) => of >= models.length);
  if (absent !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `There is no teacher ${absent.of} for '${absent.teacher}': there are ${models.length}, counted from 0.`,
    );
  return models.map((model, i) => {
    const inner = pairs.filter(({ of }) => of === i).map((pair) => pair.teacher);
    return new Teacher(model, inner, settings.threads);
  });
}

/** The student's graph with what guides need; shapes of inner values are found by the first sample. */
async function guidedStudent(
  graph: Graph,
  teachers: readonly Teacher[],
  data: TrainingInputs['data'],
  settings: Settings,
): Promise<GuidedStudent> {
  const pairs = pairsOf(settings);
  if (pairs.length === 0) return { graph, guides: [], regressors: [] };
  const inputs = await firstInputs(graph, data);
  const names = pairs.map(({ student }) => student);
  const own = await innerDims(graph, [...new Set(names)], inputs);
  const answers: ReadonlyMap<string, TensorValue>[] = [];
  for (const teacher of teachers) answers.push(await teacher.answer(inputs));
  return guidesOf(
    graph,
    settings,
    (pair) => own.get(pair.student)!,
    (pair) => answers[pair.of]!.get(pair.teacher)!.dims,
    settings.seed,
  );
}

async function firstInputs(
  graph: Model['graph'],
  data: TrainingInputs['data'],
): Promise<readonly TensorValue[]> {
  for await (const { feeds } of samplesIn<Lesson>(data)) {
    const values = toValues(feeds);
    return graph.inputs.map(({ name }) => {
      const value = values.get(name);
      if (value === undefined)
        throw new KompaktError('KPT_INPUT_MISSING', `The samples have no input '${name}'.`, { input: name });
      return value;
    });
  }
  throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to train on.');
}

/** What teachers make of batches, as inputs of the loss. */
class Lectures {
  /** Soft targets by sample: the same in every epoch unless samples are changed at random. */
  readonly #known = new WeakMap<TrainingSample, Float32Array>();
  readonly #remembers: boolean;

  constructor(
    private readonly student: Model,
    private readonly teachers: readonly Teacher[],
    private readonly guides: readonly Guide[],
    private readonly settings: Settings,
  ) {
    this.#remembers =
      guides.length === 0 && Object.keys(settings.augment).length === 0 && settings.mixup === undefined;
  }

  /** Adds to a batch what the teachers make of it. */
  async give({ inputs, samples }: Batch): Promise<void> {
    const { temperature, softWeight } = this.settings;
    const remembered = this.#remembers ? samples.map((sample) => this.#known.get(sample)) : [undefined];
    if (softWeight > 0 && remembered.every((row) => row !== undefined)) {
      inputs.set(softName, rowsTogether(remembered));
      return;
    }
    const own = this.student.graph.inputs.map(({ name }) => inputs.get(name)!);
    const answers: ReadonlyMap<string, TensorValue>[] = [];
    for (const teacher of this.teachers) answers.push(await teacher.answer(own));
    if (softWeight > 0) {
      const outputs = this.teachers.map((teacher, i) => {
        const values = answers[i]!.get(teacher.output)!;
        return { values, probabilities: teacher.givesProbabilities(values) };
      });
      const soft = soften(outputs, temperature);
      inputs.set(softName, soft);
      if (this.#remembers) this.#remember(samples, soft);
    }
    for (const { pair, target, of } of this.guides)
      inputs.set(target, of(answers[pair.of]!.get(pair.teacher)!));
  }

  #remember(samples: readonly TrainingSample[], { data, dims }: TensorValue): void {
    const classes = dims.at(-1)!;
    const rows = data as Float32Array;
    samples.forEach((sample, i) => {
      this.#known.set(sample, rows.slice(i * classes, (i + 1) * classes));
    });
  }
}

function rowsTogether(rows: readonly Float32Array[]): TensorValue {
  const classes = rows[0]!.length;
  const data = new Float32Array(rows.length * classes);
  rows.forEach((row, i) => {
    data.set(row, i * classes);
  });
  return f32([rows.length, classes], data);
}
