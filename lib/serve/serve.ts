// serve(): models behind HTTP.
import { basename, extname } from 'node:path';
import type { Shapes } from '../bench/feeds.js';
import { expected, KompaktError } from '../errors.js';
import type { DriftAlarm } from '../monitor/drift/sentinel.js';
import { ProcessWatch } from '../monitor/process-watch.js';
import { parseOptions } from '../session/parse-options.js';
import { makeApp } from './app.js';
import type { DeploymentSettings, ModelFiles } from './deployment.js';
import { Gate } from './gate.js';
import { listen } from './listen.js';
import { Metrics } from './metrics.js';
import { describeModel, type ModelPage } from './model-page.js';
import { ModelService } from './model-service.js';
import { type CompleteServeOptions, type ServeOptions, serveOptions } from './options.js';
import { startTimer } from './timer.js';

export interface Server {
  /** Where it listens, as in http://127.0.0.1:8080. */
  readonly url: string;
  models(): readonly ModelPage[];
  /** Reads the file of each model, or of the one with this name, again and swaps it in. Rejects with what is wrong with the first
   *  one that cannot be; the old one stays in service. */
  reload(name?: string): Promise<void>;
  /** Takes no more requests, answers those under way, and frees everything. */
  close(): Promise<void>;
}

/** Loads models, warms them up and serves them by HTTP (docs/serve.md). Rejects with KPT_OPTION_INVALID, KPT_PEER_MISSING without
 *  fastify or prom-client, KPT_UNAVAILABLE when the port is taken, or what is wrong with a model; nothing is left behind then. */
export async function serve(given: ServeOptions): Promise<Server> {
  const options = parseOptions(serveOptions, given, 'serve');
  const varied = options.models.some((model) => typeof model !== 'string' && model.variants.length > 0);
  if (varied && options.targetMs === undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      'Variants need the option targetMs: the governor chooses by it.',
    );
  const watch = new ProcessWatch();
  const models = new Map<string, ModelService>();
  const server = new ModelServer(models, watch, options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

class ModelServer implements Server {
  url = '';
  #state: 'starting' | 'ready' | 'closing' = 'starting';
  #closed: Promise<void> | undefined;
  readonly #gate: Gate;
  readonly #app: ReturnType<typeof makeApp>;

  constructor(
    private readonly services: Map<string, ModelService>,
    private readonly watch: ProcessWatch,
    private readonly options: CompleteServeOptions,
  ) {
    const metrics = new Metrics(() => services.values(), watch);
    for (const [name, files] of namesOf(options.models))
      services.set(
        name,
        new ModelService(
          name,
          files,
          deploymentOf(name, options, watch),
          metrics.meter(name, options.windowMs),
        ),
      );
    this.#gate = new Gate(() => this.#state === 'ready', options.maxRequests);
    this.#app = makeApp({ models: services, metrics, process: watch, gate: this.#gate }, options);
  }

  async start(): Promise<void> {
    for (const model of this.services.values()) await model.load();
    this.#checkShapes();
    const { host, port } = this.options;
    try {
      this.url = await listen(this.#app.http, host, port);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new KompaktError(
        'KPT_UNAVAILABLE',
        code === 'EADDRINUSE'
          ? `Port ${port} of ${host} is taken: another program listens there.`
          : `Port ${port} of ${host}: ${message}.`,
        { host, port },
        error,
      );
    }
    this.#state = 'ready';
  }

  /** Throws KPT_INPUT_UNKNOWN for a shape of an input that no model has. */
  #checkShapes(): void {
    const check = (shapes: Shapes, models: readonly ModelService[]): void => {
      const known = models.flatMap((model) => model.current().inputMetadata.map(({ name }) => name));
      const wrong = Object.keys(shapes).find((name) => !known.includes(name));
      if (wrong !== undefined)
        throw new KompaktError(
          'KPT_INPUT_UNKNOWN',
          expected(known.join(', '), 'an input with a shape', wrong),
        );
    };
    const models = [...this.services.values()];
    check(this.options.shapes, models);
    for (const model of models) check(model.files.shapes, [model]);
  }

  models(): readonly ModelPage[] {
    return [...this.services.values()].map(describeModel);
  }

  async reload(name?: string): Promise<void> {
    if (name !== undefined && !this.services.has(name))
      throw new KompaktError('KPT_MODEL_UNKNOWN', `There is no model '${name}'.`);
    const chosen = [...this.services.values()].filter((model) => name === undefined || model.name === name);
    const results = await Promise.allSettled(chosen.map((model) => model.load()));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  close(): Promise<void> {
    this.#closed ??= this.#drain();
    return this.#closed;
  }

  async #drain(): Promise<void> {
    this.#state = 'closing';
    for (const model of this.services.values()) model.keepFile();
    const cut = startTimer(() => this.#app.http.server.closeAllConnections(), this.options.shutdownMs);
    // First: closing the server cuts connections as idle on which an answer is still on its way to a slow reader.
    await this.#gate.empty();
    await this.#app.connections.end();
    await this.#app.http.close();
    clearTimeout(cut);
    await Promise.all([...this.services.values()].map((model) => model.close()));
    this.watch.close();
  }
}

type ModelEntry = Partial<Exclude<CompleteServeOptions['models'][number], string>> & {
  readonly file: string;
};

/** Files by name. Throws KPT_OPTION_INVALID when two models would have one name. */
function namesOf(models: CompleteServeOptions['models']): ReadonlyMap<string, ModelFiles> {
  const files = new Map<string, ModelFiles>();
  for (const entry of models) {
    const {
      file,
      name,
      variants = [],
      baseline,
      shapes = {},
    } = typeof entry === 'string' ? ({ file: entry } as ModelEntry) : entry;
    const called = name ?? basename(file, extname(file)).replaceAll(/[^\w.-]/g, '_');
    if (files.has(called))
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        `Two models would be called '${called}': give one a name.`,
      );
    if (new Set([file, ...variants]).size <= variants.length)
      throw new KompaktError('KPT_OPTION_INVALID', `Two variants of '${called}' are the same file.`);
    files.set(called, { variants: [file, ...variants], baseline, shapes });
  }
  return files;
}

function deploymentOf(model: string, options: CompleteServeOptions, watch: ProcessWatch): DeploymentSettings {
  const { threads, planCache, shapes, queue, policy, deadlineMs, maxBatch, maxWaitMs } = options;
  const { targetMs, governor, drift, onAlarm, onSwitch } = options;
  return {
    name: model,
    threads,
    planCache,
    shapes,
    scheduler: { queue, policy, maxBatch, maxWaitMs, ...(deadlineMs !== undefined && { deadlineMs }) },
    governor:
      targetMs === undefined
        ? undefined
        : {
            ...governor,
            targetMs,
            ...(onSwitch && { onSwitch: (change) => onSwitch({ ...change, model }) }),
          },
    drift: { ...drift, ...(onAlarm && { onAlarm: (alarm: DriftAlarm) => onAlarm({ ...alarm, model }) }) },
    throttled: () => watch.throttled(),
  };
}
