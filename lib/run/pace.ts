// Whether a run is so short that it is done on the JavaScript thread. Waking another thread, and being woken by it, takes
// 0.01 ms at best and 0.1 ms where idle cores rest deeply, which is much of a short run.
import { performance } from 'node:perf_hooks';

/** Longest run, ms, that is done on the JavaScript thread: no longer than what parsing a small message holds it up. */
const longestRun = 0.5;
/** Of a run and its two hand-overs: below this the run itself may be short enough, and is tried. */
const longestRoundTrip = 1;
/** The first runs on another core find its caches cold. */
const trials = 3;
/** How long short runs, one after the other, may keep the JavaScript thread from its other work, ms. */
const longestBurst = 4;

/** When the runs began that followed each other without the thread's other work having had a turn. */
let burst: number | undefined;

/** To be called before a run on the JavaScript thread; when such runs have kept it long enough, what is returned is to be
 *  awaited, and gives its other work a turn. */
export function turnOfOthers(): Promise<void> | undefined {
  const now = performance.now();
  if (burst === undefined) {
    burst = now;
    setImmediate(() => {
      burst = undefined;
    });
    return undefined;
  }
  return now - burst < longestBurst ? undefined : new Promise((resolve) => setImmediate(resolve));
}

/** How long the runs of one plan take. */
export class Pace {
  #roundTrip = Number.POSITIVE_INFINITY;
  #run = Number.POSITIVE_INFINITY;
  #trials = 0;

  /** Whether the next run shall be done on the JavaScript thread. */
  isShort(): boolean {
    return this.#run < longestRun || (this.#trials < trials && this.#roundTrip < longestRoundTrip);
  }

  /** A run on the calling thread took so many ms. */
  ran(duration: number): void {
    this.#trials++;
    this.#run = Math.min(this.#run, duration);
  }

  /** A run on another thread and the ways there and back did. */
  returned(duration: number): void {
    this.#roundTrip = Math.min(this.#roundTrip, duration);
  }
}
