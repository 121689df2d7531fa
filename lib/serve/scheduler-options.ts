// Options of a scheduler and of its requests, and what it counts.
import { z } from 'zod';
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
