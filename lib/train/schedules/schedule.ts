// The contract of a learning-rate schedule: how the learning rate changes over a run, as a factor. One schedule, one file, one
// line in schedules/index.ts.
import type { z } from 'zod';

/** zod, given to those who describe options: what only lists schedules need not load it. */
export type Zod = typeof z;

/** `progress` goes from 0 to just below 1 over the run; the answer multiplies the learning rate. */
export type Schedule = (progress: number) => number;

export interface ScheduleKind<T extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  readonly options: (z: Zod) => T;
  readonly make: (options: z.output<T>) => Schedule;
}

/** Keeps the types of options and maker together. */
export const defineSchedule = <T extends z.ZodObject>(kind: ScheduleKind<T>): ScheduleKind<T> => kind;
