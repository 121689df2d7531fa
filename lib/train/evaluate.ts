// How often a model is right: labelled samples through an InferenceSession, several at a time where the model lets them.
import { Tensor } from 'onnxruntime-common';
import { BatchBuffer } from '../data/batch.js';
import { expected, KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { requireModel } from '../model/require-model.js';
import { type SamplesOf, samplesIn } from '../session/samples.js';
import { InferenceSession } from '../session/session.js';
import { type Tensors, toValues } from '../session/values.js';
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import { missingLabel } from './missing-label.js';
import { classesOf, type Reading, readingOf, requireLabel } from './reading.js';

export interface LabelledSample {
  /** For messages: where it comes from. */
  readonly name?: string;
  /** With a batch dimension of 1; those that count no samples, as the state of a recurrent network, as the model takes them. */
  readonly feeds: Tensors;
  readonly label?: number;
}

/** What messages call a sample; `number` counts from 0. */
export const sampleName = (name: string | undefined, number: number): string =>
  name === undefined ? `${number}` : `'${name}'`;

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
  /** Samples of which the first output says the label (reading.ts). */
  readonly right: number;
  /** right / samples. */
  readonly accuracy: number;
  /** Mean of -log p of the label. */
  readonly loss: number;
}

/** What a model answers to a sample. */
export interface Answer {
  readonly label: number | undefined;
  /** The first output. */
  readonly values: Float32Array;
  /** The class that it says. */
  readonly answer: number;
}

/** Answers to all samples, in their order; labels may be absent. Samples of another shape than those before begin a new batch.
 *  Throws KPT_SHAPE_MISMATCH and KPT_TYPE_MISMATCH for a model whose first output has no scores of each sample,
 *  KPT_DATA_MALFORMED for a label that is none of its classes. */
export async function* answersOf(
  model: Model,
  samples: SamplesOf<LabelledSample>,
  { threads = 0, batch = 100, signal }: Omit<EvaluateOptions, 'onAnswer'> = {},
): AsyncGenerator<Answer> {
  const { inputs } = model.graph;
  const free = inputs.every(({ dims }) => dims !== null && dims.length > 0 && typeof dims[0] !== 'number');
  const session = InferenceSession.fromModel(model, { intraOpNumThreads: threads });
  const pending = new Pending(free ? batch : 1, apartFrom(inputs));
  const reading = readingOf(model.graph);
  const run = async (): Promise<Answer[]> => {
    const outputs = await session.run(pending.feeds(), signal ? { signal } : {});
    const name = session.outputNames[0]!;
    const answers = answersIn(name, toValues({ [name]: outputs[name]! }).get(name)!, pending.labels, reading);
    pending.clear();
    return answers;
  };
  try {
    let number = 0;
    for await (const { name, feeds, label } of samplesIn<LabelledSample>(samples)) {
      const values = toValues(feeds);
      if (!pending.takes(values)) yield* await run();
      pending.add(values, label, `sample ${sampleName(name, number++)}`);
      if (pending.full) yield* await run();
    }
    if (pending.labels.length > 0) yield* await run();
  } finally {
    await session.release();
  }
}

/** Inputs that are no samples, beside others that are: settings, and states whose first dimension is that of layers or directions. */
function apartFrom(inputs: Graph['inputs']): ReadonlySet<string> {
  const counts = ({ dims }: Graph['inputs'][number]): boolean =>
    dims === null || (dims.length > 0 && (typeof dims[0] !== 'number' || dims[0] === 1));
  const apart = inputs.filter((input) => !counts(input));
  // A model whose inputs are all of several samples takes no single ones.
  return new Set(apart.length === inputs.length ? [] : apart.map(({ name }) => name));
}

/** What an output says of each sample of a batch. */
function answersIn(
  name: string,
  output: TensorValue,
  labels: readonly (number | undefined)[],
  { answerOf }: Reading,
): Answer[] {
  const { dtype, dims } = output;
  const scores = output.data.length / labels.length;
  if (!(Number.isInteger(scores) && scores > 0))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`as many scores of each of ${labels.length} samples`, `output '${name}'`, `shape [${dims}]`),
    );
  if (dtype === 'string' || (scores === 1 && dtype !== 'float32'))
    throw new KompaktError(
      'KPT_TYPE_MISMATCH',
      expected('scores of classes, or one score in float32,', `output '${name}'`, `${dtype} [${dims}]`),
    );
  const data = dtype === 'float32' ? (output.data as Float32Array) : Float32Array.from(toNumbers(output));
  return labels.map((label, row) => {
    if (label !== undefined) requireLabel(label, classesOf(scores));
    const values = data.subarray(row * scores, (row + 1) * scores);
    return { label, values, answer: answerOf(values) };
  });
}

/** Throws as answersOf, KPT_INPUT_MISSING for a sample without a label, KPT_CALIBRATION_EMPTY without samples. */
export async function evaluate(
  model: Model,
  samples: SamplesOf<LabelledSample>,
  { onAnswer, ...options }: EvaluateOptions = {},
): Promise<Evaluation> {
  requireModel(model, 'the model of evaluate');
  const { lossOf } = readingOf(model.graph);
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

async function* labelled(samples: SamplesOf<LabelledSample>): AsyncGenerator<LabelledSample> {
  let number = 0;
  for await (const sample of samplesIn<LabelledSample>(samples)) {
    if (sample.label === undefined) missingLabel(sampleName(sample.name, number), 'the evaluation');
    number++;
    yield sample;
  }
}

type Values = ReadonlyMap<string, TensorValue>;

/** Samples that wait until they are enough for one run. */
class Pending {
  readonly labels: (number | undefined)[] = [];
  #buffers: ReadonlyMap<string, BatchBuffer> = new Map();
  readonly #apart = new Map<string, TensorValue>();

  /** `apart`: inputs that are taken as they are, which only a single sample can have. */
  constructor(
    private readonly capacity: number,
    private readonly apart: ReadonlySet<string>,
  ) {}

  get full(): boolean {
    return this.labels.length === this.capacity;
  }

  /** Whether a sample can run together with those that wait: the model may leave more sizes open than that of the batch. */
  takes(values: Values): boolean {
    return this.labels.length === 0 || this.#isFor(values);
  }

  /** `where` names the sample, which is taken. */
  add(given: Values, label: number | undefined, where: string): void {
    const batched = this.#batchedOf(given);
    if (!this.#isFor(given)) this.#buffers = buffersFor(batched, this.capacity);
    for (const [name, value] of batched) this.#buffers.get(name)!.set(this.labels.length, value, where);
    for (const [name, value] of given) if (this.apart.has(name)) this.#apart.set(name, value);
    this.labels.push(label);
  }

  #batchedOf(values: Values): Values {
    return new Map([...values].filter(([name]) => !this.apart.has(name)));
  }

  #isFor(values: Values): boolean {
    const one = [...this.#batchedOf(values)];
    return one.length === this.#buffers.size && one.every(([name, v]) => this.#buffers.get(name)?.isFor(v));
  }

  feeds(): Record<string, Tensor> {
    const values = [
      ...this.#apart,
      ...[...this.#buffers].map(([name, buffer]) => [name, buffer.take(this.labels.length)] as const),
    ];
    return Object.fromEntries(
      values.map(([name, { dtype, dims, data }]) => [
        name,
        new Tensor(dtype as 'float32', data as Float32Array, dims),
      ]),
    );
  }

  clear(): void {
    this.labels.length = 0;
    this.#apart.clear();
  }
}

/** Memory for samples of the sizes of one. */
const buffersFor = (values: Values, capacity: number): ReadonlyMap<string, BatchBuffer> =>
  new Map(
    [...values].map(([name, { dtype, dims }]) => [
      name,
      new BatchBuffer(name, { dtype, dims: dims.slice(1) }, capacity),
    ]),
  );
