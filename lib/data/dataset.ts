// What a dataset is: samples as they are stored, streamed, as often as one iterates. feeds.ts makes model inputs of them.
import { KompaktError } from '../errors.js';
import type { TensorValue } from '../tensor/tensor.js';

/** Meaning of the dims of a sample: picture channels first, picture channels last, sound, or just an array. */
export type SampleLayout = 'CHW' | 'HWC' | 'sound' | 'array';

export interface Sample {
  /** For messages: file and index. */
  readonly name: string;
  /** Class index, where the data has labels. */
  readonly label?: number;
  readonly layout: SampleLayout;
  /** Without a batch dimension. Under '' for the only input of a model, else by input name. */
  readonly arrays: Readonly<Record<string, TensorValue>>;
}

export interface Dataset extends AsyncIterable<Sample> {
  /** At most so many samples, drawn evenly over all (draw.ts). */
  draw(most: number): AsyncIterable<Sample>;
}

/** A dataset that starts over with each iteration. `samples` gives those that wantedOf(their number, most) wants. */
export const dataset = (samples: (most?: number) => AsyncIterator<Sample>): Dataset => ({
  [Symbol.asyncIterator]: () => samples(),
  draw: (most) => ({ [Symbol.asyncIterator]: () => samples(most) }),
});

export function malformedData(message: string, cause?: unknown): never {
  throw new KompaktError('KPT_DATA_MALFORMED', message, {}, cause);
}
