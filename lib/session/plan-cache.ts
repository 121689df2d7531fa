// Plan caches of sessions: the plans of one model for one kind of CPU in one file, so that a later session needs neither
// to read the graph nor to pack weights. A file that is not exactly right is ignored and written anew.
import { basename, dirname, join, sep } from 'node:path';
import type { ValueInfo } from '../graph/graph.js';
import { isFolder, makeFolder } from '../onnx/make-folder.js';
import { warnUnwritten } from '../onnx/write-file.js';
import type { Engine } from '../run/engine.js';
import { buildIdentity, check, type NativeCacheHandle, native } from '../run/native.js';
import { type CachePlace, ownFileBytes, tidy, touch } from './cache-place.js';
import { KnownPlans } from './known-plans.js';
import { restorePlan, type StoredPlan } from './stored-plan.js';

/** What a session knows of its model without the graph. */
export interface Signature {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

interface Description extends Signature {
  readonly plans: readonly StoredPlan[];
}

/** What a cache belongs to, as far as the caller decides. */
export interface CacheKey {
  /** Of the model's bytes. */
  readonly digest: string;
  readonly optimize: boolean;
}

export class PlanCache extends KnownPlans {
  readonly #path: string;
  readonly #own: boolean;
  readonly #identity: string;
  #handle: NativeCacheHandle | undefined;
  #signature: Signature | undefined;
  #engine: Engine | undefined;

  constructor({ path: place, own }: CachePlace, key: CacheKey) {
    super();
    this.#own = own;
    const tier = native().tier();
    this.#identity = ['kompakt', build(), tier, key.optimize ? 'all' : 'none', key.digest].join(' ');
    this.#path = endsAsFolder(place) || isFolder(place) ? join(place, `${key.digest}-${tier}.kpc`) : place;
    this.#open();
  }

  /** undefined when there is no usable file. */
  get signature(): Signature | undefined {
    return this.#signature;
  }

  /** For the engine that the plans of this cache run in. */
  get handle(): NativeCacheHandle | undefined {
    return this.#handle;
  }

  /** From now on plans that are made in `engine` are written to the file. */
  attach(engine: Engine, signature: Signature): void {
    this.#engine = engine;
    this.#signature = signature;
  }

  override keep(): void {
    if (this.added.length > 0) {
      try {
        this.#save();
      } catch (error) {
        // A cache that cannot be kept costs time at the next start, nothing else.
        if (!this.#own) warnUnwritten(error);
      }
    }
    super.keep();
  }

  #open(): void {
    const opened = native().openPlanCache(this.#path, this.#identity);
    if (typeof opened === 'string') return;
    try {
      const { inputs, outputs, plans } = JSON.parse(opened.description) as Description;
      for (const [i, description] of plans.entries())
        this.plans.set(description.key, {
          plan: restorePlan(description, opened.programs[i]!),
          description,
        });
      this.#signature = { inputs, outputs };
      this.#handle = opened.handle;
      if (this.#own) touch(this.#path);
    } catch {
      this.plans.clear();
    }
  }

  #save(): void {
    const { session } = this.#engine!;
    if (this.#own && this.#engine!.weightBytes() > ownFileBytes) return;
    const entries = [...this.plans.values()];
    const description: Description = {
      ...this.#signature!,
      plans: entries.map((entry) => entry.description),
    };
    makeFolder(dirname(this.#path), this.#own ? 0o700 : undefined);
    check(
      session.saveCache(
        this.#path,
        this.#identity,
        JSON.stringify(description),
        entries.map(({ plan }) => plan.program),
      ),
    );
    if (this.#own) tidy(dirname(this.#path));
  }
}

/** What makes plans and packs weights. The name of a bundled file has a digest of the code that it and others that it uses hold. */
export const build = (): string => `${buildIdentity()}+${basename(import.meta.url)}`;

const endsAsFolder = (place: string): boolean => place.endsWith('/') || place.endsWith(sep);
