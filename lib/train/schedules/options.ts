// A schedule as one object of options.
import { z } from 'zod';
import { constant } from './constant.js';
import { cosine } from './cosine.js';
import { exponential } from './exponential.js';
import { schedules } from './index.js';
import { oneCycle } from './one-cycle.js';
import type { Schedule } from './schedule.js';
import { step } from './step.js';

/** 'cosine', or {"name":"step","milestones":[0.5]}. */
export const scheduleOptions = z.preprocess(
  (value) => (typeof value === 'string' ? { name: value } : value),
  z.discriminatedUnion('name', [
    constant.options(z),
    step.options(z),
    exponential.options(z),
    cosine.options(z),
    oneCycle.options(z),
  ]),
);

export const scheduleOf = (options: z.output<typeof scheduleOptions>): Schedule =>
  schedules.find(({ name }) => name === options.name)!.make(options);
