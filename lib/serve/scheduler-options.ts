// Options of a scheduler and of its requests, and what it counts.
import { z } from 'zod';
import { requireArgument } from '../errors.js';
import type { Clock } from '../monitor/meter.js';

export const schedulerShape = {
  /** Requests that may wait beside the one that is computed. */
  queue: z.int().min(1).default(64),
  /** What becomes of a request that finds the queue full. reject: it fails with KPT_QUEUE_FULL; drop-oldest: the oldest of the
   *  lowest priority fails with KPT_DROPPED; wait: it waits for a place. */
  policy: z.enum(['reject', 'drop-oldest', 'wait']).default('reject'),
  /** Milliseconds within which the computation of a request must begin, unless the request says otherwise. */
  deadlineMs: z.number().positive().optional(),
  /** Rows that one run computes at most, for a model whose first dimension is free. */
  maxBatch: z.int().min(1).default(1),
  /** Milliseconds that a request waits for others to be computed with. */
  maxWaitMs: z.number().min(0).default(0),
};

export const schedulerOptions = z.strictObject({
  ...schedulerShape,
  clock: z.custom<Clock>((value) => typeof value === 'function', 'expected a function').optional(),
});

export type SchedulerOptions = z.input<typeof schedulerOptions>;
export type CompleteSchedulerOptions = z.output<typeof schedulerOptions>;

export interface RequestOptions {
  /** Milliseconds from the call within which the computation must begin; Infinity for no deadline. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Higher ones are computed first; 0 when absent. */
  readonly priority?: number;
}

/** Throws KPT_OPTION_INVALID for what is no request. By hand: it is done for every request. */
export function checkRequest(feeds: unknown, options: RequestOptions | undefined): void {
  const right = typeof feeds === 'object' && feeds !== null;
  requireArgument(right, 'Tensors by the names of inputs', 'the feeds of a request', feeds);
  if (options === undefined) return;
  requireArgument(
    typeof options === 'object' && options !== null,
    'an object',
    'options of a request',
    options,
  );
  const { deadlineMs, signal, priority } = options;
  const isTime = deadlineMs === undefined || (typeof deadlineMs === 'number' && deadlineMs > 0);
  requireArgument(isTime, 'milliseconds above 0', 'option deadlineMs of a request', deadlineMs);
  const isSignal = !signal || typeof signal.addEventListener === 'function';
  requireArgument(isSignal, 'an AbortSignal', 'option signal of a request', signal);
  // NaN is neither above nor below another: what comes after it would wait behind it.
  const isNumber = priority === undefined || (typeof priority === 'number' && !Number.isNaN(priority));
  requireArgument(isNumber, 'a number', 'option priority of a request', priority);
}

/** Every request is in one of these; `submitted` is their sum. */
export interface SchedulerCounts {
  readonly submitted: number;
  readonly completed: number;
  /** The run failed. */
  readonly failed: number;
  /** Found the queue full. */
  readonly rejected: number;
  /** Made room for a newer one. */
  readonly dropped: number;
  /** The deadline passed first. */
  readonly expired: number;
  readonly aborted: number;
  readonly waiting: number;
  readonly running: number;
}

export const noRequests: SchedulerCounts = Object.freeze({
  submitted: 0,
  completed: 0,
  failed: 0,
  rejected: 0,
  dropped: 0,
  expired: 0,
  aborted: 0,
  waiting: 0,
  running: 0,
});
