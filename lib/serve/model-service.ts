// A model under its name: the deployment in service, and how another one takes its place.
import type { InferenceSession as Ort } from 'onnxruntime-common';
import { KompaktError } from '../errors.js';
import type { Meter, MeterSnapshot } from '../monitor/meter.js';
import { Deployment, type DeploymentSettings, type ModelFiles } from './deployment.js';
import { checkSameInterface } from './same-interface.js';
import { noRequests, type RequestOptions, type SchedulerCounts } from './scheduler-options.js';

export class ModelService {
  readonly name: string;
  readonly reloads = { done: 0, failed: 0 };
  readonly files: ModelFiles;
  readonly #settings: DeploymentSettings;
  readonly #meter: Meter;
  #current: Deployment | undefined;
  /** Loads come one after the other. */
  #change: Promise<unknown> = Promise.resolve();
  /** The load that has not begun. */
  #next: Promise<void> | undefined;
  readonly #retired = new Map<Deployment, Promise<void>>();
  /** Of the deployments that are gone. */
  #past: SchedulerCounts = noRequests;
  #closed = false;
  #keepsFile = false;

  constructor(name: string, files: ModelFiles, settings: DeploymentSettings, meter: Meter) {
    this.name = name;
    this.files = files;
    this.#settings = settings;
    this.#meter = meter;
  }

  get ready(): boolean {
    return this.#current !== undefined && !this.#closed;
  }

  /** null while nothing is in service. */
  get deployment(): Deployment | null {
    return this.#current ?? null;
  }

  /** Of all deployments since the start; null while there has been none. */
  counts(): SchedulerCounts | null {
    if (this.#current === undefined) return null;
    const here = new Set([this.#current, ...this.#retired.keys()]);
    return [...here].map((deployment) => deployment.counts()).reduce(sum, this.#past);
  }

  /** The deployment in service. Throws KPT_UNAVAILABLE while there is none. */
  current(): Deployment {
    if (this.#current === undefined || this.#closed)
      throw new KompaktError('KPT_UNAVAILABLE', `Model '${this.name}' is not in service.`);
    return this.#current;
  }

  /** Runs on the deployment that is in service when the request comes, whatever takes its place meanwhile. */
  run(feeds: Ort.FeedsType, options: RequestOptions): Promise<Ort.ReturnType> {
    return this.current().run(feeds, options);
  }

  /** Counts a request that never came to the queue. */
  refused(error: unknown): void {
    this.#meter.failed(error);
  }

  statistics(): MeterSnapshot {
    return this.#meter.snapshot();
  }

  /** Loads the file, again when one is in service: that one answers until the new one is warm, and then answers what it has taken.
   *  A load that has not begun will read the file as it is then: it does for all who ask meanwhile. Rejects with what is wrong with
   *  the file, KPT_MODEL_DIFFERENT, or KPT_UNAVAILABLE after keepFile(); the old one stays then. */
  load(): Promise<void> {
    if (this.#next === undefined) {
      this.#next = this.#change.then(() => {
        this.#next = undefined;
        return this.#swap();
      });
      this.#change = this.#next.catch(() => {});
    }
    return this.#next;
  }

  /** From now on the file in service stays, while requests are answered. */
  keepFile(): void {
    this.#keepsFile = true;
  }

  async #swap(): Promise<void> {
    if (this.#keepsFile) throw new KompaktError('KPT_UNAVAILABLE', 'The server is shutting down.');
    const old = this.#current;
    try {
      const fresh = await Deployment.open(this.files, this.#settings, this.#meter);
      try {
        if (old !== undefined) checkSameInterface(old, fresh, `File '${this.files.variants[0]}'`);
      } catch (error) {
        await fresh.close();
        throw error;
      }
      this.#current = fresh;
    } catch (error) {
      if (old !== undefined) this.reloads.failed++;
      throw error;
    }
    if (old === undefined) return;
    this.reloads.done++;
    this.#retire(old);
  }

  /** Takes no more requests; resolves when all are answered and all memory is free. */
  async close(): Promise<void> {
    this.#closed = true;
    this.keepFile();
    await this.#change;
    if (this.#current !== undefined) this.#retire(this.#current);
    await Promise.all(this.#retired.values());
  }

  #retire(deployment: Deployment): void {
    const closing = deployment.close().finally(() => {
      this.#retired.delete(deployment);
      if (deployment !== this.#current) this.#past = sum(this.#past, deployment.counts());
    });
    this.#retired.set(deployment, closing);
  }
}

function sum(one: SchedulerCounts, other: SchedulerCounts): SchedulerCounts {
  const names = Object.keys(noRequests) as (keyof SchedulerCounts)[];
  const pairs = names.map((name) => [name, one[name] + other[name]]);
  return Object.fromEntries(pairs) as Record<keyof SchedulerCounts, number>;
}
