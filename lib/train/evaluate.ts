// How often a model is right: labelled samples through an InferenceSession, several at a time where the model lets them.
import { Tensor } from 'onnxruntime-common';
import { BatchBuffer } from '../data/batch.js';
import { KompaktError } from '../errors.js';
import type { Model } from '../model/model.js';
import { argMax } from '../report/compare.js';
import { InferenceSession } from '../session/session.js';
import { type Tensors, toValues } from '../session/values.js';
import type { TensorValue } from '../tensor/tensor.js';

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
}

export interface Evaluation {
  readonly samples: number;
  /** Samples whose largest value of the first output is at the label. */
  readonly right: number;
  /** right / samples. */
  readonly accuracy: number;
}

/** Throws KPT_INPUT_MISSING for a sample without a label, KPT_CALIBRATION_EMPTY without samples. */
export async function evaluate(
  model: Model,
  samples: AsyncIterable<LabelledSample> | Iterable<LabelledSample>,
  { threads = 0, batch = 100, signal }: EvaluateOptions = {},
): Promise<Evaluation> {
  const { inputs } = model.graph;
  const free = inputs.every(({ dims }) => dims !== null && dims.length > 0 && typeof dims[0] !== 'number');
  const session = InferenceSession.fromModel(model, { intraOpNumThreads: threads });
  const pending = new Pending(free ? batch : 1);
  let [total, right] = [0, 0];
  const run = async (): Promise<void> => {
    const outputs = await session.run(pending.feeds(), signal ? { signal } : {});
    const { data } = outputs[session.outputNames[0]!]!;
    const classes = data.length / pending.labels.length;
    pending.labels.forEach((label, row) => {
      if (argMax(data as Float32Array, row * classes, classes) === label) right++;
    });
    total += pending.labels.length;
    pending.clear();
  };
  try {
    for await (const sample of samples) {
      pending.add(sample);
      if (pending.full) await run();
    }
    if (pending.labels.length > 0) await run();
  } finally {
    await session.release();
  }
  if (total === 0) throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to evaluate on.');
  return { samples: total, right, accuracy: right / total };
}

/** Samples that wait until they are enough for one run. */
class Pending {
  readonly labels: number[] = [];
  #buffers: Map<string, BatchBuffer> | undefined;

  constructor(private readonly capacity: number) {}

  get full(): boolean {
    return this.labels.length === this.capacity;
  }

  add({ feeds, label }: LabelledSample): void {
    if (label === undefined)
      throw new KompaktError('KPT_INPUT_MISSING', 'A sample without a label cannot be evaluated.');
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
