// A bounded queue in front of a session: what is done when it is full, deadlines, priorities, and requests joined to batches.
import type { InferenceSession as Ort, Tensor } from 'onnxruntime-common';
import type { Shapes } from '../bench/feeds.js';
import { KompaktError } from '../errors.js';
import { type Clock, codeOf, type Meter } from '../monitor/meter.js';
import { parseOptions } from '../session/parse-options.js';
import { requireSession } from '../session/require-session.js';
import { Joining } from './joining.js';
import { type Joinable, joinFeeds, splitOutputs } from './micro-batch.js';
import { onAbort } from './on-abort.js';
import { RequestQueue } from './request-queue.js';
import type { Runnable } from './runnable.js';
import {
  type CompleteSchedulerOptions,
  checkRequest,
  noRequests,
  type RequestOptions,
  type SchedulerCounts,
  type SchedulerOptions,
  schedulerOptions,
} from './scheduler-options.js';
import { startTimer } from './timer.js';

interface Request {
  readonly feeds: Ort.FeedsType;
  readonly called: number;
  readonly deadline: number;
  readonly priority: number;
  readonly signal: AbortSignal | undefined;
  readonly batch: Joinable | null;
  readonly settle: (outcome: Outcome, answer: Ort.ReturnType | unknown) => void;
}

type Outcome = 'completed' | 'failed' | 'rejected' | 'dropped' | 'expired' | 'aborted';

export class Scheduler {
  readonly #session: Runnable;
  readonly #settings: CompleteSchedulerOptions;
  readonly #clock: Clock;
  readonly #meter: Meter | undefined;
  readonly #joining: Joining;
  readonly #queue: RequestQueue<Request>;
  readonly #running = new Set<Request>();
  readonly #counts = { ...noRequests };
  #timer: NodeJS.Timeout | undefined;
  #closing: { readonly done: Promise<void>; readonly finish: () => void } | undefined;

  /** `what` it is for, in a warning. */
  constructor(session: Runnable, given: SchedulerOptions = {}, meter?: Meter, what = 'a session') {
    this.#session = session;
    this.#settings = parseOptions(schedulerOptions, given, 'schedule');
    this.#queue = new RequestQueue(this.#settings.queue);
    this.#clock = this.#settings.clock ?? meter?.clock ?? (() => performance.now());
    this.#meter = meter;
    this.#joining = new Joining(session, this.#settings.maxBatch > 1, what);
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  counts(): SchedulerCounts {
    return { ...this.#counts, waiting: this.waiting, running: this.#running.size };
  }

  /** Computes all outputs when the turn of the request comes. Rejects with KPT_QUEUE_FULL, KPT_DROPPED, KPT_DEADLINE, KPT_ABORTED,
   *  KPT_UNAVAILABLE after close(), KPT_OPTION_INVALID, or as run() does. */
  run(feeds: Ort.FeedsType, given?: RequestOptions): Promise<Ort.ReturnType> {
    const called = this.#clock();
    return new Promise((resolve, reject) => {
      // Before it counts: what is no request comes to no end that is counted.
      checkRequest(feeds, given);
      const { deadlineMs, signal, priority = 0 } = given ?? {};
      const limit = deadlineMs ?? this.#settings.deadlineMs;
      const batch = this.#joining.kindOf(feeds);
      this.#counts.submitted++;
      let timer: NodeJS.Timeout | undefined;
      let forget: (() => void) | undefined;
      let settled = false;
      const settle: Request['settle'] = (outcome, answer) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        forget?.();
        this.#counts[outcome]++;
        if (outcome === 'completed') resolve(answer as Ort.ReturnType);
        else {
          this.#meter?.failed(answer);
          reject(answer);
        }
      };
      const request: Request = {
        feeds,
        called,
        deadline: limit === undefined ? Number.POSITIVE_INFINITY : called + limit,
        priority,
        signal,
        batch,
        settle,
      };
      const abort = (): void => {
        if (this.#queue.remove(request) || !this.#running.has(request)) settle('aborted', aborted());
      };
      if (this.#closing !== undefined) return settle('rejected', unavailable());
      if (signal?.aborted) return settle('aborted', aborted());
      forget = signal && onAbort(signal, abort);
      if (limit !== undefined)
        timer = startTimer(() => {
          if (this.#queue.remove(request)) settle('expired', late(limit));
        }, limit);
      if (this.#enter(request)) this.#pump();
    });
  }

  /** Refuses a request, before the work of reading it, with the KPT_QUEUE_FULL that run() would reject it with now. In the meter the
   *  caller counts it, with all else that never comes here. */
  checkRoom(): void {
    if (this.#settings.policy !== 'reject' || !this.#queue.full) return;
    this.#counts.submitted++;
    this.#counts.rejected++;
    throw queueFull(this.#settings.queue);
  }

  /** Finds out whether requests of these shapes may be computed together. Otherwise the first that could be wait for that. */
  async prepare(shapes: Shapes): Promise<void> {
    await this.#joining.find(shapes);
  }

  /** Takes no more requests, and resolves when those that it has are answered. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      let finish: () => void = () => {};
      const done = new Promise<void>((resolve) => {
        finish = resolve;
      });
      this.#closing = { done, finish };
      this.#pump();
    }
    return this.#closing.done;
  }

  /** Whether the request waits now. */
  #enter(request: Request): boolean {
    const { policy } = this.#settings;
    if (this.#queue.full && policy === 'reject') {
      request.settle('rejected', queueFull(this.#settings.queue));
      return false;
    }
    if (this.#queue.full && policy === 'drop-oldest') {
      const victim = this.#queue.victimOf(request);
      this.#queue.remove(victim);
      victim.settle(
        'dropped',
        new KompaktError('KPT_DROPPED', 'A newer request took the place of this one.'),
      );
      if (victim === request) return false;
    }
    this.#queue.add(request);
    return true;
  }

  /** Starts the next run unless one is under way. */
  #pump(): void {
    if (this.#running.size > 0) return;
    clearTimeout(this.#timer);
    const now = this.#clock();
    // One by one: into the place of each comes one from behind, which may be late as well.
    for (;;) {
      const request = this.#queue.placed.find(({ deadline }) => deadline <= now);
      if (request === undefined) break;
      this.#queue.remove(request);
      request.settle('expired', late(request.deadline - request.called));
    }
    const [head] = this.#queue.placed;
    if (head === undefined) {
      this.#closing?.finish();
      return;
    }
    const batch = this.#gather(head);
    // None of those who wait spends more than half of its time on company: on an idle machine it would be late.
    const until = this.#queue.placed.reduce(
      (least, { called, deadline }) => Math.min(least, (called + deadline) / 2),
      head.called + this.#settings.maxWaitMs,
    );
    if (until > now && this.#closing === undefined && this.#hasRoom(head, batch)) {
      this.#timer = startTimer(() => this.#pump(), until - now);
      return;
    }
    for (const request of batch) {
      this.#queue.remove(request);
      this.#running.add(request);
    }
    void this.#compute(batch).then(() => this.#pump());
  }

  /** The first request and those that can be computed with it. */
  #gather(head: Request): readonly Request[] {
    if (head.batch === null) return [head];
    let { rows } = head.batch;
    const batch = this.#queue.placed.filter((request) => {
      if (request === head) return true;
      if (request.batch?.key !== head.batch!.key) return false;
      if (rows + request.batch.rows > this.#settings.maxBatch) return false;
      rows += request.batch.rows;
      return true;
    });
    // Each number of rows has a plan of its own: powers of two keep them few.
    while (batch.length > 1 && !isPowerOfTwo(rows)) rows -= batch.pop()!.batch!.rows;
    return batch;
  }

  #hasRoom(head: Request, batch: readonly Request[]): boolean {
    if (head.batch === null) return false;
    return batch.reduce((rows, request) => rows + request.batch!.rows, 0) < this.#settings.maxBatch;
  }

  /** Never rejects: each request is settled. */
  async #compute(batch: readonly Request[]): Promise<void> {
    const began = this.#clock();
    if (batch.length > 1) {
      const answers = await this.#together(batch);
      if (answers !== null) {
        batch.forEach((request, i) => {
          this.#completed(request, began, answers[i]!);
        });
        return;
      }
    }
    // One that cannot be computed does not take the others with it.
    for (const request of batch) await this.#alone(request);
  }

  async #together(batch: readonly Request[]): Promise<readonly Ort.ReturnType[] | null> {
    try {
      const shapes = Object.entries(batch[0]!.feeds as Record<string, Tensor>).map(
        ([name, { dims }]) => [name, dims] as const,
      );
      if (!(await this.#joining.find(Object.fromEntries(shapes)))) return null;
      const outputs = await this.#session.run(joinFeeds(batch.map(({ feeds }) => feeds)));
      const answers = splitOutputs(
        outputs,
        batch.map((request) => request.batch!.rows),
      );
      if (answers === null) this.#joining.end('an output has not a row for each row of the inputs');
      return answers;
    } catch {
      return null;
    }
  }

  async #alone(request: Request): Promise<void> {
    const began = this.#clock();
    const { signal, feeds } = request;
    try {
      const outputs = await this.#session.run(feeds, signal && { signal });
      this.#completed(request, began, outputs);
    } catch (error) {
      this.#end(request, codeOf(error) === 'KPT_ABORTED' ? 'aborted' : 'failed', error);
    }
  }

  #completed(request: Request, began: number, outputs: Ort.ReturnType): void {
    if (request.signal?.aborted) {
      this.#end(request, 'aborted', aborted());
      return;
    }
    const end = this.#clock();
    this.#meter?.completed(began - request.called, end - began, end);
    this.#end(request, 'completed', outputs);
  }

  /** Settles one that was running: it counts as one thing at a time. */
  #end(request: Request, ...how: Parameters<Request['settle']>): void {
    this.#running.delete(request);
    request.settle(...how);
  }
}

const isPowerOfTwo = (n: number): boolean => (n & (n - 1)) === 0;

const aborted = (): KompaktError => new KompaktError('KPT_ABORTED', 'The request was aborted by its signal.');
const unavailable = (): KompaktError =>
  new KompaktError('KPT_UNAVAILABLE', 'The scheduler takes no more requests: it is closing.');
const queueFull = (places: number): KompaktError =>
  new KompaktError('KPT_QUEUE_FULL', `The queue of ${places} requests is full.`);
const late = (ms: number): KompaktError =>
  new KompaktError('KPT_DEADLINE', `The computation did not begin within ${ms} ms.`, { deadlineMs: ms });

/** A scheduler of requests to a session: nothing but one run at a time goes to it, and what cannot be served in time fails with
 *  a code. Throws KPT_OPTION_INVALID. */
export const schedule = (session: Runnable, given?: SchedulerOptions): Scheduler =>
  new Scheduler(requireSession(session, 'schedule'), given);
