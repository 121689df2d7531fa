// A short text that tells one set of samples from another: what was found with one must not be taken for what another gives.
import { createHash } from 'node:crypto';
import { type Tensors, toValues } from '../session/values.js';
import { bytesOf } from '../tensor/tensor.js';

/** SHA-256 over names, types, shapes and bytes of the inputs and over the labels, in the order of the samples. */
export class SamplesFingerprint {
  readonly #hash = createHash('sha256');

  add({ feeds, label }: { readonly feeds: Tensors; readonly label?: number | undefined }): void {
    this.#hash.update(`${label};`);
    for (const [name, value] of toValues(feeds)) {
      this.#hash.update(`${name}:${value.dtype}:${value.dims.join(',')};`);
      this.#hash.update(bytesOf(value));
    }
  }

  /** 16 digits; nothing can be added afterwards. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 16);
  }
}
