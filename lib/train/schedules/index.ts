// Every learning-rate schedule, one line each.
import { z } from 'zod';
import { constant } from './constant.js';
import { cosine } from './cosine.js';
import { exponential } from './exponential.js';
import { oneCycle } from './one-cycle.js';
import type { Schedule, ScheduleKind } from './schedule.js';
import { step } from './step.js';

export const schedules: readonly ScheduleKind[] = [constant, step, exponential, cosine, oneCycle];

/** 'cosine', or {"name":"step","milestones":[0.5]}. */
export const scheduleOptions = z.preprocess(
  (value) => (typeof value === 'string' ? { name: value } : value),
  z.discriminatedUnion('name', [
    constant.options,
    step.options,
    exponential.options,
    cosine.options,
    oneCycle.options,
  ]),
);

export const scheduleOf = (options: z.output<typeof scheduleOptions>): Schedule =>
  schedules.find(({ name }) => name === options.name)!.make(options);
