// What GET /metrics answers: the numbers of the server for Prometheus. Durations are in seconds and sizes in bytes, as its naming
// rules ask. Counters that the server keeps itself are read when they are asked for.
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DriftState } from '../monitor/drift/sentinel.js';
import { type Clock, codeOf, Meter } from '../monitor/meter.js';
import type { ProcessSnapshot, ProcessWatch } from '../monitor/process-watch.js';
import { loadPeer } from '../run/peers.js';
import type { ModelService } from './model-service.js';
import { servingNeeds } from './peers.js';

type PromClient = typeof import('prom-client');

/** Upper bounds of the buckets, in seconds: from a small model on a desktop to a large one on a board. */
const durationBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** prom-client's own metrics of the process. What measures them cannot be stopped: one set for all servers. */
let ofProcess: Registry | undefined;

export class Metrics {
  readonly #prom: PromClient;
  readonly #registry: Registry;
  readonly #requests: Counter<string>;
  readonly #http: Counter<string>;
  readonly #durations: Readonly<Record<'request' | 'queue' | 'compute', Histogram<string>>>;

  constructor(models: () => Iterable<ModelService>, watch: ProcessWatch) {
    this.#prom = loadPeer('prom-client', servingNeeds).module as PromClient;
    this.#registry = new this.#prom.Registry();
    if (ofProcess === undefined) {
      ofProcess = new this.#prom.Registry();
      this.#prom.collectDefaultMetrics({ register: ofProcess });
    }
    for (const { name } of ofProcess.getMetricsAsArray())
      this.#registry.registerMetric(ofProcess.getSingleMetric(name)!);
    this.#requests = this.#counter(
      'kompakt_requests_total',
      'Inference requests by how they ended: ok, or the code of the error.',
      ['model', 'outcome'],
    );
    this.#http = this.#counter('kompakt_http_requests_total', 'HTTP requests by route and status.', [
      'route',
      'status',
    ]);
    this.#durations = {
      request: this.#histogram(
        'kompakt_request_duration_seconds',
        'From the arrival of a request in the queue to its result.',
      ),
      queue: this.#histogram(
        'kompakt_queue_duration_seconds',
        'The part of it before the computation began.',
      ),
      compute: this.#histogram('kompakt_compute_duration_seconds', 'The part of it after.'),
    };
    this.#perModel(models);
    this.#process(watch);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  countHttp(route: string, status: number): void {
    this.#http.inc({ route, status });
  }

  /** A meter of a model that is read out here as well. */
  meter(model: string, windowMs: number, clock?: Clock): Meter {
    const requests = this.#requests;
    const [request, queue, compute] = [
      this.#durations.request,
      this.#durations.queue,
      this.#durations.compute,
    ].map((histogram) => histogram.labels({ model })) as [
      Histogram.Internal<string>,
      Histogram.Internal<string>,
      Histogram.Internal<string>,
    ];
    const ok = requests.labels({ model, outcome: 'ok' });
    return new (class extends Meter {
      override completed(queueMs: number, computeMs: number, end: number): void {
        super.completed(queueMs, computeMs, end);
        ok.inc();
        request.observe((queueMs + computeMs) / 1000);
        queue.observe(queueMs / 1000);
        compute.observe(computeMs / 1000);
      }

      override failed(error: unknown): void {
        super.failed(error);
        requests.inc({ model, outcome: codeOf(error) });
      }
    })(windowMs, clock);
  }

  #counter(name: string, help: string, labelNames: string[]): Counter<string> {
    return new this.#prom.Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string): Histogram<string> {
    const registers = [this.#registry];
    return new this.#prom.Histogram({
      name,
      help,
      labelNames: ['model'],
      buckets: durationBuckets,
      registers,
    });
  }

  /** A metric whose values are read when they are asked for. */
  #read(
    kind: 'Gauge' | 'Counter',
    name: string,
    help: string,
    labelNames: string[],
    values: () => Iterable<readonly [labels: Record<string, string>, value: number]>,
  ): void {
    new this.#prom[kind]({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect(this: Gauge<string> | Counter<string>) {
        this.reset();
        // A metric without labels is 0 after a reset; what has no value shall not be there.
        if (labelNames.length === 0) this.remove();
        for (const [labels, value] of values()) this.inc(labels, value);
      },
    });
  }

  #perModel(models: () => Iterable<ModelService>): void {
    const each = (value: (model: ModelService) => number | null) =>
      function* (): Generator<readonly [Record<string, string>, number]> {
        for (const model of models()) {
          const number = value(model);
          if (number !== null) yield [{ model: model.name }, number];
        }
      };
    const gauge = (name: string, help: string, value: (model: ModelService) => number | null): void =>
      this.#read('Gauge', name, help, ['model'], each(value));
    const counter = (name: string, help: string, value: (model: ModelService) => number): void =>
      this.#read('Counter', name, help, ['model'], each(value));
    gauge('kompakt_model_ready', '1 when the model answers requests.', (model) => Number(model.ready));
    gauge('kompakt_queue_length', 'Requests that wait.', (model) => model.counts()?.waiting ?? null);
    gauge('kompakt_model_loaded_timestamp_seconds', 'When the file in service was loaded.', (model) =>
      model.deployment === null ? null : model.deployment.loadedAt.getTime() / 1000,
    );
    gauge(
      'kompakt_model_file_bytes',
      'Size of the file in service.',
      (model) => model.deployment?.bytes ?? null,
    );
    counter('kompakt_reloads_total', 'Files swapped in since the start.', (model) => model.reloads.done);
    counter(
      'kompakt_reloads_failed_total',
      'Files that were refused since the start.',
      (model) => model.reloads.failed,
    );
    gauge(
      'kompakt_model_memory_bytes',
      'Memory of plans and packed weights outside JavaScript.',
      (model) => model.deployment?.memoryBytes() ?? null,
    );
    counter(
      'kompakt_governor_switches_total',
      'Switches of variant since the file was loaded.',
      (model) => model.deployment?.governor.snapshot().switches ?? 0,
    );
    this.#read(
      'Gauge',
      'kompakt_governor_current',
      '1 for the variant that answers.',
      ['model', 'variant'],
      function* () {
        for (const { name, deployment } of models()) {
          const { current, variants } = deployment?.governor.snapshot() ?? { current: '', variants: [] };
          for (const variant of variants)
            yield [{ model: name, variant: variant.name }, Number(variant.name === current)];
        }
      },
    );
    this.#drift(models);
  }

  #drift(models: () => Iterable<ModelService>): void {
    const gauge = (name: string, help: string, value: (state: DriftState) => number): void =>
      this.#read('Gauge', name, help, ['model', 'kind', 'value', 'feature', 'measure'], function* () {
        for (const { name: model, deployment } of models())
          for (const state of deployment?.sentinel?.report().measures ?? []) {
            const { kind, name: of, feature, measure } = state;
            yield [{ model, kind, value: of, feature, measure }, value(state)];
          }
      });
    gauge('kompakt_drift_amount', 'How far the last samples are from the baseline.', (state) => state.amount);
    gauge('kompakt_drift_threshold', 'From which amount on that is drift.', (state) => state.threshold);
    gauge('kompakt_drift_alarm', '1 while an alarm is raised.', (state) => Number(state.since !== null));
  }

  #process(watch: ProcessWatch): void {
    const gauge = (
      name: string,
      help: string,
      value: (snapshot: ProcessSnapshot) => number | null | undefined,
    ): void =>
      this.#read('Gauge', name, help, [], () => {
        const number = value(watch.snapshot());
        return number === null || number === undefined ? [] : [[{}, number]];
      });
    gauge(
      'kompakt_event_loop_lag_p99_seconds',
      'How late timers fire, 99th percentile since the start.',
      (s) => (s.eventLoopLag === null ? null : s.eventLoopLag.p99 / 1000),
    );
    gauge('kompakt_resident_memory_bytes', 'Resident set of the process.', (s) => s.rssBytes);
    gauge('kompakt_heap_used_bytes', 'JavaScript heap in use.', (s) => s.heapUsedBytes);
    gauge('kompakt_device_temperature_celsius', 'Hottest thermal zone.', (s) => s.device.celsius);
    gauge('kompakt_device_clock_hertz', 'Clock of the first core.', (s) =>
      s.device.megahertz === null ? null : s.device.megahertz * 1e6,
    );
    gauge('kompakt_device_throttled', '1 while the firmware slows the clock down.', (s) =>
      s.device.throttling === null ? null : Number(watch.throttled()),
    );
  }
}
