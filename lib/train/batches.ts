// Batches for a training step: samples of an epoch, augmented, as the tensors that the step is fed. The last samples of an
// epoch that fill no batch are left out; with another order each epoch, they are others each time.
import { BatchBuffer } from '../data/batch.js';
import { expected, KompaktError } from '../errors.js';
import { sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import type { Augment } from './augment/augmentation.js';
import { Canvas, canBeAugmented } from './augment/canvas.js';
import { missingLabel } from './missing-label.js';
import { mixOf, mixRows } from './mixup.js';
import { classesOf } from './reading.js';
import { randomFor } from './seeds.js';
import type { TrainingStep, TrainingValue } from './training.js';
import type { TrainingData, TrainingSample } from './training-data.js';

export interface Batch {
  /** What the step is fed; overwritten by the next batch. */
  readonly inputs: Map<string, TensorValue>;
  /** Class indices; NaN where a sample has none. */
  readonly labels: Float64Array;
  /** Where the inputs come from, before augmentation; the same objects in every epoch as long as they stay in memory. */
  readonly samples: readonly TrainingSample[];
}

export interface BatchOptions {
  readonly size: number;
  readonly seed: number;
  /** Changes model inputs in place, in this order. */
  readonly augment?: readonly Augment[];
  /** Mixes samples and their targets: alpha of mixup.ts. */
  readonly mixup?: number;
  /** Which inputs of the step are the model's; the others are targets. */
  readonly modelInputs: readonly string[];
  /** Those of them whose samples are pictures [H,W,C]; others are [C,H,W]. */
  readonly channelsLast?: readonly string[];
  /** Inputs of the step that something else provides. */
  readonly provided?: readonly string[];
}

export class Batches {
  readonly perEpoch: number;
  readonly #data: TrainingData;
  readonly #options: BatchOptions;
  readonly #types: readonly TrainingValue[];

  /** Throws KPT_OPTION_INVALID when there are fewer samples than one batch has, or where inputs can be neither
   *  augmented nor mixed. */
  constructor(data: TrainingData, step: Pick<TrainingStep, 'inputs'>, options: BatchOptions) {
    this.perEpoch = Math.floor(data.count / options.size);
    if (this.perEpoch === 0)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected(
          `a batch of at most ${data.count} samples, as many as there are`,
          'option batch',
          options.size,
        ),
      );
    const inputs = step.inputs.filter(({ name }) => options.modelInputs.includes(name));
    if (options.augment?.length && !inputs.some(({ dtype }) => canBeAugmented(dtype)))
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected(
          'an input in float32 or in integers of 8 or 16 bits, which can be changed a little,',
          'option augment',
          inputs.map(({ name, dtype }) => `'${name}' in ${dtype}`).join(', '),
        ),
      );
    const whole = inputs.find(({ dtype }) => dtype !== 'float32');
    if (options.mixup !== undefined && whole !== undefined)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected(
          'inputs in float32, which can be mixed,',
          'option mixup',
          `'${whole.name}' in ${whole.dtype}`,
        ),
      );
    this.#data = data;
    this.#options = options;
    this.#types = step.inputs.filter(({ name }) => !options.provided?.includes(name));
  }

  /** The batches of an epoch from number `first` on: the same whether or not those before were asked for. */
  async *epoch(epoch: number, first = 0): AsyncGenerator<Batch> {
    const { size, modelInputs } = this.#options;
    const columns = this.#types.map(
      (type) =>
        new Column(
          type,
          new BatchBuffer(type.name, { ...type, dims: type.dims.slice(1) }, size),
          modelInputs.includes(type.name),
        ),
    );
    const inputs = new Map(columns.map(({ type, buffer }) => [type.name, buffer.take(size)] as const));
    const samples: TrainingSample[] = [];
    const batch: Batch = { inputs, labels: new Float64Array(size), samples };
    let seen = 0;
    for await (const sample of this.#data.epoch(epoch)) {
      const number = Math.floor(seen / size);
      if (number === this.perEpoch) return;
      if (number >= first) {
        samples[seen % size] = sample;
        batch.labels[seen % size] = sample.label ?? Number.NaN;
        for (const column of columns) column.set(seen % size, sample);
      }
      seen++;
      if (seen % size !== 0 || number < first) continue;
      this.#augment(columns, epoch, number);
      for (const { type, buffer } of columns) inputs.set(type.name, buffer.take(size));
      yield batch;
    }
  }

  #augment(columns: readonly Column[], epoch: number, number: number): void {
    const { augment = [], mixup, size, seed, channelsLast = [] } = this.#options;
    if (augment.length === 0 && mixup === undefined) return;
    const random = randomFor(seed, 'augment', epoch, number);
    const rows = ({ buffer }: Column) => Array.from({ length: size }, (_, i) => buffer.sample(i));
    for (const column of columns) {
      if (!column.isModelInput || !canBeAugmented(column.type.dtype)) continue;
      const canvas = column.canvas(channelsLast);
      for (const row of rows(column)) canvas.change(row, augment, random);
    }
    if (mixup === undefined) return;
    const mix = mixOf(mixup, size, random);
    for (const column of columns)
      if (column.type.dtype === 'float32') mixRows(rows(column) as Float32Array[], mix);
  }
}

/** One input of the step and where its batch is put together. */
class Column {
  #canvas: Canvas | undefined;

  constructor(
    readonly type: TrainingValue,
    readonly buffer: BatchBuffer,
    readonly isModelInput: boolean,
  ) {}

  canvas(channelsLast: readonly string[]): Canvas {
    const { name, dtype, dims } = this.type;
    this.#canvas ??= new Canvas(dtype, dims.slice(1), channelsLast.includes(name));
    return this.#canvas;
  }

  set(at: number, sample: TrainingSample): void {
    const { name, dims, dtype } = this.type;
    const value = (this.isModelInput ? sample.inputs : sample.targets)?.get(name);
    if (value !== undefined) {
      this.buffer.set(at, value, `sample ${sample.name}`);
      return;
    }
    const { label } = sample;
    if (this.isModelInput)
      throw new KompaktError(
        'KPT_INPUT_MISSING',
        `Training needs '${name}', but sample ${sample.name} has no value of that name.`,
        { input: name },
      );
    if (label === undefined) missingLabel(sample.name, `the loss ('${name}')`);
    const scores = sizeOf(dims.slice(1));
    const classes = classesOf(scores);
    const isClass = Number.isInteger(label) && label >= 0 && label < classes;
    if (scores === 1 && (dtype.includes('int') || (dtype === 'float32' && isClass)))
      this.buffer.setNumber(at, label);
    else if (dtype === 'float32' && isClass) {
      const row = this.buffer.sample(at) as Float32Array;
      row.fill(0);
      row[label] = 1;
    } else
      throw new KompaktError(
        'KPT_DATA_MALFORMED',
        expected(`a class below ${classes}`, `the label of sample ${sample.name}`, label),
      );
  }
}
