// The process and the device around the models: how late the event loop is, memory, temperature, clock, throttling.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { type DeviceState, watchDevice } from '../bench/system.js';

export interface ProcessSnapshot {
  /** How late timers fire, in milliseconds, since the start or the last reset; null before the first measurement. */
  readonly eventLoopLag: { readonly mean: number; readonly p99: number; readonly max: number } | null;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** Tensors and other memory outside the JavaScript heap that JavaScript refers to. */
  readonly externalBytes: number;
  /** At most `deviceEveryMs` old; throttling, where vcgencmd tells it, twice as much. */
  readonly device: Omit<DeviceState, 'zones'>;
}

/** A timer of this period measures the lag; the period itself is taken off. */
const resolutionMs = 20;
/** Reading the device opens files, and has vcgencmd started where there is no file: not at every look. */
const deviceEveryMs = 5000;

export class ProcessWatch {
  readonly #lag: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #read: () => DeviceState;
  #device: DeviceState | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(read: () => DeviceState = watchDevice()) {
    this.#read = read;
    this.#lag.enable();
  }

  device(): DeviceState {
    const now = performance.now();
    if (this.#device === undefined || now - this.#readAt >= deviceEveryMs) {
      this.#device = this.#read();
      this.#readAt = now;
    }
    return this.#device;
  }

  /** True while the firmware slows the clock down. What has only occurred once does not count. */
  throttled(): boolean {
    return (this.device().throttling ?? []).some((word) => word.endsWith(' now'));
  }

  snapshot(): ProcessSnapshot {
    const { rss, heapUsed, external } = process.memoryUsage();
    const { megahertz, maxMegahertz, celsius, throttling } = this.device();
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
    return {
      eventLoopLag:
        this.#lag.count === 0
          ? null
          : {
              mean: late(this.#lag.mean),
              p99: late(this.#lag.percentile(99)),
              max: late(this.#lag.max),
            },
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      device: { megahertz, maxMegahertz, celsius, throttling },
    };
  }

  reset(): void {
    this.#lag.reset();
  }

  close(): void {
    this.#lag.disable();
  }
}
