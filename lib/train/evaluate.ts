// How often a model is right: labelled samples through an InferenceSession, several at a time where the model lets them.
import { Tensor } from 'onnxruntime-common';
import { BatchBuffer } from '../data/batch.js';
import { KompaktError } from '../errors.js';
import type { Model } from '../model/model.js';
import { argMax } from '../report/compare.js';
import { InferenceSession } from '../session/session.js';
import { type Tensors, toValues } from '../session/values.js';
import type { TensorValue } from '../tensor/tensor.js';
import { finalOperator } from './final-operator.js';

export interface LabelledSample {
  /** With a batch dimension of 1. */
  readonly feeds: Tensors;
  readonly label?: number;
}

export interface EvaluateOptions {
  /** Threads of the session; 0 or absent: the usable CPUs. */
  readonly threads?: number;
  /** Samples that run together where the batch size is free. Default 100. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** Told of each sample, in order, whether the model is right. */
  readonly onAnswer?: (right: boolean) => void;
}

export interface Evaluation {
  readonly samples: number;
  /** Samples whose largest value of the first output is at the label. */
  readonly right: number;
  /** right / samples. */
  readonly accuracy: number;
  /** Mean of -log p of the label. The first output is taken for logits unless a Softmax makes it. */
  readonly loss: number;
}

/** What a model answers to a sample. */
export interface Answer {
  readonly label: number | undefined;
  /** The first output. */
  readonly values: Float32Array;
  /** Index of its largest value. */
  readonly answer: number;
}

/** Answers to all samples, in their order; labels may be absent. */
export async function* answersOf(
  model: Model,
  samples: AsyncIterable<LabelledSample> | Iterable<LabelledSample>,
  { threads = 0, batch = 100, signal }: Omit<EvaluateOptions, 'onAnswer'> = {},
): AsyncGenerator<Answer> {
  const { inputs } = model.graph;
  const free = inputs.every(({ dims }) => dims !== null && dims.length > 0 && typeof dims[0] !== 'number');
  const session = InferenceSession.fromModel(model, { intraOpNumThreads: threads });
  const pending = new Pending(free ? batch : 1);
  const run = async (): Promise<Answer[]> => {
    const outputs = await session.run(pending.feeds(), signal ? { signal } : {});
    const { data } = outputs[session.outputNames[0]!]!;
    const classes = data.length / pending.labels.length;
    const answers = pending.labels.map((label, row) => {
      const values = (data as Float32Array).subarray(row * classes, (row + 1) * classes);
      return { label, values, answer: argMax(values, 0, classes) };
    });
    pending.clear();
    return answers;
  };
  try {
    for await (const sample of samples) {
      pending.add(sample);
      if (pending.full) yield* await run();
    }
    if (pending.labels.length > 0) yield* await run();
  } finally {
    await session.release();
  }
}

/** Throws KPT_INPUT_MISSING for a sample without a label, KPT_CALIBRATION_EMPTY without samples. */
export async function evaluate(
  model: Model,
  samples: AsyncIterable<LabelledSample> | Iterable<LabelledSample>,
  { onAnswer, ...options }: EvaluateOptions = {},
): Promise<Evaluation> {
  const lossOf = finalOperator(model.graph) === 'Softmax' ? ofProbabilities : ofLogits;
  let [total, right, loss] = [0, 0, 0];
  for await (const { label, values, answer } of answersOf(model, labelled(samples), options)) {
    total++;
    if (answer === label) right++;
    loss += lossOf(values, label!);
    onAnswer?.(answer === label);
  }
  if (total === 0) throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to evaluate on.');
  return { samples: total, right, accuracy: right / total, loss: loss / total };
}

async function* labelled(
  samples: AsyncIterable<LabelledSample> | Iterable<LabelledSample>,
): AsyncGenerator<LabelledSample> {
  for await (const sample of samples) {
    if (sample.label === undefined)
      throw new KompaktError('KPT_INPUT_MISSING', 'A sample without a label cannot be evaluated.');
    yield sample;
  }
}

/** Least probability that counts: one that rounding took to 0 shall not make the mean infinite. */
const least = 1e-12;

const ofProbabilities = (values: ArrayLike<number>, label: number): number =>
  -Math.log(Math.max(least, values[label]!));

function ofLogits(values: ArrayLike<number>, label: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i]!);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - top);
  return Math.log(sum) + top - values[label]!;
}

/** Samples that wait until they are enough for one run. */
class Pending {
  readonly labels: (number | undefined)[] = [];
  #buffers: Map<string, BatchBuffer> | undefined;

  constructor(private readonly capacity: number) {}

  get full(): boolean {
    return this.labels.length === this.capacity;
  }

  add({ feeds, label }: LabelledSample): void {
    const values = toValues(feeds);
    this.#buffers ??= this.#allocate(values);
    for (const [name, value] of values)
      this.#bufferOf(name).set(this.labels.length, value, `sample ${this.labels.length}`);
    this.labels.push(label);
  }

  /** Sizes come from the first sample: the model may leave more than the batch free. */
  #allocate(values: ReadonlyMap<string, TensorValue>): Map<string, BatchBuffer> {
    return new Map(
      [...values].map(([name, { dtype, dims }]) => [
        name,
        new BatchBuffer(name, { dtype, dims: dims.slice(1) }, this.capacity),
      ]),
    );
  }

  #bufferOf(name: string): BatchBuffer {
    const buffer = this.#buffers!.get(name);
    if (buffer === undefined)
      throw new KompaktError('KPT_INPUT_UNKNOWN', `Only some of the samples have an input '${name}'.`);
    return buffer;
  }

  feeds(): Record<string, Tensor> {
    const values = [...this.#buffers!].map(
      ([name, buffer]) => [name, buffer.take(this.labels.length)] as const,
    );
    return Object.fromEntries(
      values.map(([name, { dtype, dims, data }]) => [
        name,
        new Tensor(dtype as 'float32', data as Float32Array, dims),
      ]),
    );
  }

  clear(): void {
    this.labels.length = 0;
  }
}
