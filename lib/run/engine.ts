// Engine: the native session of one model, with its constants. Shared by all plans of the model.
import type { Matrices } from '../ops/op.js';
import { bytesPerElement } from '../tensor/dtype.js';
import type { Dims } from '../tensor/shape.js';
import { bytesOf, type TensorValue } from '../tensor/tensor.js';
import { type NativeCacheHandle, type NativeSession, native } from './native.js';
import type { ConstantStore } from './plan-builder.js';

export class Engine implements ConstantStore {
  readonly threads: number;
  #session: NativeSession;

  /** `threads` 0: as many as there are usable CPUs. `cache`: constants and packed weights to begin with. */
  constructor(threads: number, cache?: NativeCacheHandle) {
    const addon = native();
    this.threads = threads > 0 ? threads : addon.platform().cpus;
    this.#session = new addon.NativeSession(this.threads, cache);
  }

  get session(): NativeSession {
    return this.#session;
  }

  /** Starts again with nothing: what came from a cache was no good. Plans that exist keep what they have. */
  restart(): void {
    this.#session = new (native().NativeSession)(this.threads);
  }

  /** Index of a constant in the native session. */
  constant(value: TensorValue, { rows, columns }: Matrices = asIs): number {
    const shape = `${value.dtype}${show(value.dims)}`;
    return this.#session.addConstant(bytesOf(value), shape, rows, columns, bytesPerElement(value.dtype));
  }

  /** After the failure to make a plan: its constants may be freed from now on. */
  forgetConstants(): void {
    this.#session.forgetSources();
  }

  /** Bytes of constants and packed weights; what is mapped from a plan cache is not counted. */
  weightBytes(): number {
    return this.#session.bytes();
  }

  release(): void {
    this.#session.release();
  }
}

const asIs: Matrices = { rows: 0, columns: 0 };

const show = (dims: Dims): string => `[${dims.join(',')}]`;
