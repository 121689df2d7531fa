// Whether a run is so short that handing it to another thread would take longer than the run itself. Waking a thread that
// sleeps, and being woken by it, takes 0.01 ms at best and 0.1 ms where idle cores rest deeply.
import { performance } from 'node:perf_hooks';

/** Longest run, ms, that is done on the JavaScript thread: no longer than what a small copy of tensors holds it up. */
const longestRun = 0.1;
/** Of a run and its two hand-overs: below this the run itself may be short enough, and is tried. */
const longestRoundTrip = 0.3;
/** The first runs on another core find its caches cold. */
const trials = 3;
/** How long short runs, one after the other, may keep the JavaScript thread from its other work, ms. */
const longestBurst = 4;

/** When the runs began that followed each other without the thread's other work having had a turn. */
let burst: number | undefined;

/** Whether the other work of the JavaScript thread can wait for another short run. */
function hasTime(now: number): boolean {
  if (burst !== undefined) return now - burst < longestBurst;
  burst = now;
  setImmediate(() => {
    burst = undefined;
  });
  return true;
}

/** How long the runs of one plan take. */
export class Pace {
  #roundTrip = Number.POSITIVE_INFINITY;
  #run = Number.POSITIVE_INFINITY;
  #trials = 0;

  /** Whether the next run shall be done on the calling thread. */
  isShort(): boolean {
    const short = this.#run < longestRun || (this.#trials < trials && this.#roundTrip < longestRoundTrip);
    return short && hasTime(performance.now());
  }

  /** A run on the calling thread that began at `start` has ended. */
  ran(start: number): void {
    this.#trials++;
    this.#run = Math.min(this.#run, performance.now() - start);
  }

  /** The same for one that another thread did. */
  returned(start: number): void {
    this.#roundTrip = Math.min(this.#roundTrip, performance.now() - start);
  }
}
