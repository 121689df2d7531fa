// Every method whose options can be tuned, one line each.
import { z } from 'zod';
import { calibrators } from '../../calibrate/index.js';
import { binarizeOptions } from '../../compress/binarize/options.js';
import { type BinarizeOptions, binarize } from '../../compress/binarize-model.js';
import { type DistillOptions, distill } from '../../compress/distill.js';
import { type FinetuneOptions, finetune } from '../../compress/finetune.js';
import { prunedTrainingOptions } from '../../compress/prune/options.js';
import { qatOptions } from '../../compress/qat/options.js';
import { quantizeShape } from '../../compress/quantize/options.js';
import { type QuantizeModelOptions, quantize } from '../../compress/quantize-model.js';
import { isKompaktError } from '../../errors.js';
import type { Model } from '../../model/model.js';
import { distillOptions } from '../../train/distill.js';
import { evaluate } from '../../train/evaluate.js';
import type { TrainingEvent } from '../../train/events.js';
import { finetuneOptions } from '../../train/finetune.js';
import type { TrainingInputs } from '../../train/train-model.js';
import type { Assignment, TunedMethod } from './method.js';
import type { SpaceInput } from './parse-space.js';

/** What all methods that train are given beside their own options. */
type Shared = TrainingInputs & Readonly<Record<string, unknown>>;

/** A method whose budget is epochs: put aside as a checkpoint, and continued from there. */
const trained = (
  name: string,
  schema: z.ZodType,
  space: SpaceInput,
  train: (model: Model, shared: Shared, teacher: Assignment['teacher']) => Promise<{ readonly model: Model }>,
  takesTeacher = true,
): TunedMethod => ({
  name,
  unit: 'epochs',
  defaultBudget: 8,
  schema,
  // Rungs do what early stopping does; files are those of the search.
  reserved: ['epochs', 'seed', 'threads', 'checkpoint', 'log', 'curves', 'earlyStopping'],
  space,
  takesTeacher,
  async run({ model, options, data, validation, teacher, budget, until, seed, threads, ...rest }) {
    const pause = new AbortController();
    const signals = [pause.signal, ...(rest.signal ? [rest.signal] : [])];
    // A method may train in stages, each of which counts its epochs from 1.
    let [before, stage] = [0, 0];
    const onEvent = (event: TrainingEvent): void => {
      if (event.event === 'start') {
        before += stage;
        stage = event.epochs;
      }
      if (event.event !== 'epoch' || event.evaluation === null || event.evaluationLoss === null) return;
      const done = before + event.epoch;
      rest.tell({ budget: done, accuracy: event.evaluation, loss: event.evaluationLoss });
      if (done >= until && until < budget) pause.abort();
    };
    try {
      const shared = {
        ...options,
        epochs: budget,
        seed,
        threads,
        data,
        onEvent,
        signal: AbortSignal.any(signals),
        ...(validation && { evaluate: validation }),
        ...(rest.checkpoint !== null && { checkpoint: { path: rest.checkpoint, resume: true } }),
      };
      return (await train(model, shared, teacher)).model;
    } catch (error) {
      if (pause.signal.aborted && isKompaktError(error) && error.code === 'KPT_ABORTED') return null;
      throw error;
    }
  },
});

const compressed = { quantize: qatOptions.optional(), prune: prunedTrainingOptions.optional() };

const learning: SpaceInput = {
  learningRate: { min: 1e-4, max: 0.3, scale: 'log' },
  batch: [16, 32, 64, 128],
  'regularize.l2': { min: 1e-6, max: 1e-2, scale: 'log' },
};

/** Post-training quantisation, whose budget is calibration samples. */
const quantized: TunedMethod = {
  name: 'quantize',
  unit: 'samples',
  defaultBudget: 300,
  schema: z.strictObject(quantizeShape),
  reserved: ['samples'],
  space: {
    calibrator: calibrators.map(({ name }) => name),
    activationType: ['uint8', 'int8'],
    symmetric: [false, true],
    perChannel: [true, false],
    biasCorrection: [true, false],
    equalize: [true, false],
    rounding: ['nearest', 'gptq'],
  },
  takesTeacher: false,
  async run({ model, options, data, validation, budget, until, threads, tell, signal }) {
    const settings = { ...options, samples: until, ...(signal && { signal }) };
    const { model: result } = await quantize(model, {
      ...(settings as Omit<QuantizeModelOptions, 'data'>),
      data,
    });
    if (validation !== null) {
      const { accuracy, loss } = await evaluate(result, validation, { threads, ...(signal && { signal }) });
      tell({ budget: until, accuracy, loss });
    }
    return until < budget ? null : result;
  },
};

export const tunedMethods: readonly TunedMethod[] = [
  trained(
    'finetune',
    z.strictObject({ ...finetuneOptions.shape, ...compressed }),
    { optimizer: ['sgd', 'adam'], ...learning, 'loss.smoothing': { min: 0, max: 0.2 } },
    (model, shared) => finetune(model, shared as FinetuneOptions),
    false,
  ),
  trained(
    'distill',
    z.strictObject({ ...distillOptions.shape, ...compressed }),
    {
      ...learning,
      temperature: { min: 1, max: 10, scale: 'log' },
      softWeight: { min: 0.1, max: 1 },
    },
    (model, shared, teacher) =>
      distill(model, { ...shared, ...(teacher !== undefined && { teacher }) } as DistillOptions),
  ),
  trained(
    'binarize',
    binarizeOptions,
    {
      learningRate: { min: 1e-4, max: 3e-2, scale: 'log' },
      batch: [16, 32, 64, 128],
      method: ['bi-real', 'reactnet', 'xnor-net'],
      'loss.smoothing': { min: 0, max: 0.2 },
    },
    (model, shared, teacher) =>
      binarize(model, { ...shared, ...(teacher !== undefined && { teacher }) } as BinarizeOptions),
  ),
  quantized,
];
