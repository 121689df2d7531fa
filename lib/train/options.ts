// Options that every way of training has, and the pieces of a step that they name.
import { z } from 'zod';
import { augmentOptions } from './augment/options.js';
import { carefulOptions } from './careful.js';
import { binaryCrossEntropy } from './losses/binary-cross-entropy.js';
import { crossEntropy } from './losses/cross-entropy.js';
import { klDivergence } from './losses/kl-divergence.js';
import { meanSquaredError } from './losses/mean-squared-error.js';
import { adam, adamW } from './optimizers/adam.js';
import { adamShape, adamWShape, rmspropShape, sgdShape } from './optimizers/options.js';
import { rmsprop } from './optimizers/rmsprop.js';
import { sgd } from './optimizers/sgd.js';
import { scheduleOptions } from './schedules/options.js';
import type { Loss, Optimizer } from './training.js';

/** Lets a piece be given by its name alone. */
const orName = (value: unknown): unknown => (typeof value === 'string' ? { name: value } : value);

const share = z.number().min(0).lt(1);

/** 'adam', or {"name":"sgd","momentum":0.9}. */
export const optimizerOptions = z.preprocess(
  orName,
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('sgd'), ...sgdShape, momentum: share.default(0.9) }),
    z.strictObject({ name: z.literal('adam'), ...adamShape }),
    z.strictObject({ name: z.literal('adamw'), ...adamWShape }),
    z.strictObject({ name: z.literal('rmsprop'), ...rmspropShape }),
  ]),
);

export type CompleteOptimizerOptions = z.output<typeof optimizerOptions>;

const withoutName = <T extends { readonly name: string }>({ name: _, ...options }: T): Omit<T, 'name'> =>
  options;

export function optimizerOf(options: CompleteOptimizerOptions): Optimizer {
  switch (options.name) {
    case 'sgd':
      return sgd(withoutName(options));
    case 'adam':
      return adam(withoutName(options));
    case 'adamw':
      return adamW(withoutName(options));
    case 'rmsprop':
      return rmsprop(withoutName(options));
  }
}

/** Rates at which networks of a usual scale learn. */
export const usualRate: Readonly<Record<CompleteOptimizerOptions['name'], number>> = {
  sgd: 0.05,
  adam: 0.001,
  adamw: 0.001,
  rmsprop: 0.001,
};

/** 'cross-entropy', or {"name":"cross-entropy","smoothing":0.1,"classWeights":[1,5]}. */
export const lossOptions = z.preprocess(
  orName,
  z.discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('cross-entropy'),
      smoothing: share.default(0),
      /** How much each class counts, in the order of the classes. */
      classWeights: z.array(z.number().positive()).min(2).optional(),
    }),
    z.strictObject({ name: z.literal('mean-squared-error') }),
    z.strictObject({ name: z.literal('binary-cross-entropy') }),
    z.strictObject({ name: z.literal('kl-divergence') }),
  ]),
);

/** `mixup`: labels come mixed. */
export function lossOf(options: z.output<typeof lossOptions>, mixup?: number): Loss {
  switch (options.name) {
    case 'cross-entropy':
      return crossEntropy({ ...withoutName(options), soft: mixup !== undefined });
    case 'mean-squared-error':
      return meanSquaredError();
    case 'binary-cross-entropy':
      return binaryCrossEntropy();
    case 'kl-divergence':
      return klDivergence();
  }
}

/** Penalties on weights; parameters of rank below 2 (bias, normalisation) are left alone unless `everything` is set, by them and by
 *  the decay of adamw. */
const regularizeOptions = z.strictObject({
  l1: z.number().min(0).default(0),
  l2: z.number().min(0).default(0),
  groupLasso: z.number().min(0).default(0),
  /** Largest norm of the weights that lead to one output. */
  maxNorm: z.number().positive().optional(),
  /** Largest magnitude of a weight. */
  limit: z.number().positive().optional(),
  everything: z.boolean().default(false),
});

/** Options of every way of training, to be part of a strict object. */
export const trainingShape = {
  epochs: z.int().min(1).default(10),
  /** Samples in one step. Absent: `usualBatch`, or all where there are fewer. */
  batch: z.int().min(1).optional(),
  optimizer: optimizerOptions.prefault('sgd'),
  /** Absent: what is usual for the optimiser. */
  learningRate: z.number().positive().optional(),
  schedule: scheduleOptions.prefault('cosine'),
  /** Share of the run in which the learning rate rises from near 0. */
  warmUp: share.default(0),
  regularize: regularizeOptions.prefault({}),
  /** Largest norm of all gradients together. */
  clipNorm: z.number().positive().optional(),
  /** {"shift":2,"flip":0.5}: lib/train/augment. */
  augment: augmentOptions.default({}),
  /** Mixes each sample and its target with another of the batch; shares are of Beta(mixup, mixup), as in 0.2 (mixup.ts). */
  mixup: z.number().positive().optional(),
  /** Regular expressions: only constants whose names match one are trained. Absent: all float32 ones but scalars. */
  train: z
    .array(z.string().refine(isRegExp, { message: 'not a regular expression' }))
    .min(1)
    .optional(),
  /** Ends when the evaluation has not bettered by `gain` for `patience` epochs; the best epoch is kept. */
  earlyStopping: z
    .strictObject({ patience: z.int().min(1).default(5), gain: z.number().min(0).default(0) })
    .optional(),
  /** Batches over which the statistics of BatchNormalization are taken anew at the end; 0: they stay. */
  batchNormBatches: z.int().min(0).default(0),
  /** Decides shuffling, augmentation, dropout and fresh weights. */
  seed: z.int().min(0).default(0),
  /** 0: the usable CPUs. The result does not depend on it. */
  threads: z.int().min(0).default(0),
  /** Bytes of samples that may be held; more are streamed from the data in each epoch. */
  memoryBytes: z
    .int()
    .min(0)
    .default(2 ** 30),
  checkpoint: z
    .strictObject({
      path: z.string().min(1),
      /** Continue from the file when it is there. */
      resume: z.boolean().default(false),
      /** Written after each epoch, and after this many seconds at the latest. */
      seconds: z.number().min(0).default(60),
    })
    .optional(),
  /** File to which every event is appended as a line of JSON. */
  log: z.string().min(1).optional(),
  /** HTML file with the curves of the run. */
  curves: z.string().min(1).optional(),
};

/** Options of ways to train whose weights are real numbers: not of binarisation. */
export const realShape = {
  /** Trains for flat minima: gradients are those where the loss is highest within about this distance of the weights, as in 0.05
   *  (sharpness.ts). A step takes twice as long. */
  sharpness: z.number().positive().optional(),
  /** The model has moving averages of its weights with this decay, as in 0.999, in place of the last ones. */
  averageWeights: share.optional(),
  /** For networks that know something already: {} or true holds samples out, keeps the best epoch by them, or the model before
   *  training, and lowers a learning rate that undoes what it knows (careful.ts). */
  careful: z.preprocess((value) => (value === true ? {} : value), carefulOptions.optional()),
};

const trainingOptions = z.strictObject(trainingShape);
export type CompleteTrainingSettings = z.output<typeof trainingOptions>;

export const usualBatch = 64;

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
