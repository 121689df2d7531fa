// Samples for training: shuffled by a seed, in bounded memory, as often as there are epochs. Everything stays in memory when
// it fits; else each epoch streams the samples through a window from which they are drawn at random.
import { expected, KompaktError } from '../errors.js';
import { bytesOf, type TensorValue } from '../tensor/tensor.js';
import { randomFor } from './seeds.js';

export interface TrainingSample {
  /** For messages: file and index where they are known, else the number. */
  readonly name: string;
  /** Model inputs by name, with a batch dimension of 1. */
  readonly inputs: ReadonlyMap<string, TensorValue>;
  /** Class index, where the data has labels. */
  readonly label?: number;
  /** Values that outputs should have, by name of the target. */
  readonly targets?: ReadonlyMap<string, TensorValue>;
}

export interface TrainingDataOptions {
  readonly seed: number;
  /** Bytes of samples that may be held. What fits is read once. */
  readonly memoryBytes: number;
  readonly signal?: AbortSignal;
}

export class TrainingData {
  private constructor(
    readonly count: number,
    private readonly source: AsyncIterable<TrainingSample> | readonly TrainingSample[],
    private readonly window: number,
    private readonly seed: number,
  ) {}

  /** Reads all samples once: to count them, and to keep them if they fit. Throws KPT_CALIBRATION_EMPTY without samples. */
  static async open(
    source: AsyncIterable<TrainingSample>,
    { seed, memoryBytes, signal }: TrainingDataOptions,
  ): Promise<TrainingData> {
    const held: TrainingSample[] = [];
    let bytes = 0;
    let count = 0;
    for await (const sample of source) {
      if (signal?.aborted) throw new KompaktError('KPT_ABORTED', 'Reading the samples was aborted.');
      bytes += sizeOfSample(sample);
      if (bytes <= memoryBytes || count === 0) held.push(sample);
      count++;
    }
    if (count === 0) throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to train on.');
    return new TrainingData(count, held.length === count ? held : source, held.length, seed);
  }

  /** Samples that are in memory at a time. */
  get held(): number {
    return this.window;
  }

  /** All samples in the order of an epoch: the same for the same seed, whether they are held or streamed. */
  async *epoch(epoch: number): AsyncGenerator<TrainingSample> {
    const random = randomFor(this.seed, 'shuffle', epoch);
    const window: TrainingSample[] = [];
    const draw = (): number => Math.floor(random() * window.length);
    let seen = 0;
    for await (const sample of this.source) {
      seen++;
      if (window.length < this.window) {
        window.push(sample);
        continue;
      }
      const at = draw();
      const drawn = window[at]!;
      window[at] = sample;
      yield drawn;
    }
    if (seen !== this.count)
      throw new KompaktError(
        'KPT_DATA_MALFORMED',
        expected(`${this.count} samples as at first`, `epoch ${epoch}`, seen),
      );
    while (window.length > 0) {
      const at = draw();
      const drawn = window[at]!;
      window[at] = window[window.length - 1]!;
      window.pop();
      yield drawn;
    }
  }
}

/** Bytes of the tensors and an allowance for the objects around them. */
const sizeOfSample = ({ inputs, targets }: TrainingSample): number =>
  [...inputs.values(), ...(targets?.values() ?? [])].reduce(
    (sum, value) => sum + bytesOf(value).length + overhead,
    overhead,
  );

const overhead = 256;
