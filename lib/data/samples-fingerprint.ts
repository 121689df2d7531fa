// A short text that tells one set of samples from another: what was found with one must not be taken for what another gives.
import { createHash } from 'node:crypto';
import { bytesOf, type TensorValue } from '../tensor/tensor.js';

type Values = ReadonlyMap<string, TensorValue>;

interface Sample {
  readonly inputs: Values;
  readonly label?: number | undefined;
  readonly targets?: Values | undefined;
}

/** SHA-256 over names, types, shapes and bytes of inputs and targets and over the labels, in the order of the samples. */
export class SamplesFingerprint {
  readonly #hash = createHash('sha256');
  #digest: string | undefined;

  add({ inputs, label, targets }: Sample): void {
    this.#hash.update(`${label};`);
    this.#addValues(inputs);
    if (targets === undefined) return;
    this.#hash.update('targets;');
    this.#addValues(targets);
  }

  #addValues(values: Values): void {
    for (const [name, value] of values) {
      this.#hash.update(`${name}:${value.dtype}:${value.dims.join(',')};`);
      this.#hash.update(bytesOf(value));
    }
  }

  /** 16 digits; nothing can be added afterwards. */
  digest(): string {
    this.#digest ??= this.#hash.digest('hex').slice(0, 16);
    return this.#digest;
  }

  /** The samples, which are added when they are read first. */
  over<S extends Sample>(samples: AsyncIterable<S>): AsyncIterable<S> {
    const add = (sample: S): void => {
      if (this.#digest === undefined) this.add(sample);
    };
    const end = (): string => this.digest();
    return {
      async *[Symbol.asyncIterator]() {
        for await (const sample of samples) {
          add(sample);
          yield sample;
        }
        end();
      },
    };
  }
}
