// Which requests of a scheduler may be computed together: found out once for each kind of request, and told when they may not.
import type { InferenceSession as Ort } from 'onnxruntime-common';
import type { Shapes } from '../bench/feeds.js';
import { isBatchable } from '../monitor/batchable.js';
import { own } from '../tensor/own.js';
import { batchKey, type Joinable, joinableOf } from './micro-batch.js';
import { whyRowsMix } from './rows-mix.js';
import type { Runnable } from './runnable.js';

/** Models of free sizes have a kind of request for each size. */
const mostKinds = 256;

export class Joining {
  readonly #session: Runnable;
  readonly #what: string;
  readonly #kinds = new Map<string, boolean>();
  #possible: boolean;
  #told = false;

  /** `what` is served: for the warning. */
  constructor(session: Runnable, wanted: boolean, what: string) {
    this.#session = session;
    this.#what = what;
    this.#possible = wanted && isBatchable(session.inputMetadata, session.outputMetadata);
    if (wanted && !this.#possible) this.#tell('not all inputs and outputs have a free first dimension');
  }

  /** null for feeds that must run alone. */
  kindOf(feeds: Ort.FeedsType): Joinable | null {
    const joinable = this.#possible ? joinableOf(feeds) : null;
    return joinable === null || this.#kinds.get(joinable.key) === false ? null : joinable;
  }

  /** Whether rows of these shapes do not mix: runs the model when that is not known yet. */
  async find(shapes: Shapes): Promise<boolean> {
    if (!this.#possible) return false;
    const key = batchKey(
      this.#session.inputMetadata.map((value) => ({
        name: value.name,
        type: value.isTensor ? value.type : '',
        dims: own(shapes, value.name) ?? [],
      })),
    );
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const why = await whyRowsMix(this.#session, shapes);
    if (this.#kinds.size === mostKinds) this.#kinds.clear();
    this.#kinds.set(key, why === null);
    if (why !== null) this.#tell(why);
    return why === null;
  }

  /** Outputs were not what rows give: nothing is joined any more. */
  end(why: string): void {
    this.#possible = false;
    this.#tell(why);
  }

  #tell(why: string): void {
    if (this.#told) return;
    this.#told = true;
    process.emitWarning(`kompakt: requests to ${this.#what} are computed one by one: ${why}.`);
  }
}
