// Engine: the native session of one model, with its constants. Shared by all plans of the model.
import { KompaktError } from '../errors.js';
import type { Dims } from '../tensor/shape.js';
import { bytesOf, type TensorValue } from '../tensor/tensor.js';
import { type NativeSession, native } from './native.js';
import type { ConstantStore } from './plan-builder.js';

export class Engine implements ConstantStore {
  readonly session: NativeSession;
  readonly threads: number;

  /** `threads` 0: as many as there are usable CPUs. */
  constructor(threads: number) {
    const addon = native();
    this.threads = threads > 0 ? threads : addon.platform().cpus;
    this.session = new addon.NativeSession(this.threads);
  }

  /** Index of a constant in the native session. */
  constant(value: TensorValue): number {
    const index = this.session.addConstant(bytesOf(value), `${value.dtype}${show(value.dims)}`);
    if (index < 0)
      throw new KompaktError('KPT_TOO_LARGE', `No memory for a constant of shape ${show(value.dims)}.`);
    return index;
  }

  /** Bytes of constants and packed weights. */
  weightBytes(): number {
    return this.session.bytes();
  }

  release(): void {
    this.session.release();
  }
}

const show = (dims: Dims): string => `[${dims.join(',')}]`;
