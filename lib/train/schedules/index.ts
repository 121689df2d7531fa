// Every learning-rate schedule, one line each.
import { constant } from './constant.js';
import { cosine } from './cosine.js';
import { exponential } from './exponential.js';
import { oneCycle } from './one-cycle.js';
import type { ScheduleKind } from './schedule.js';
import { step } from './step.js';

export const schedules: readonly ScheduleKind[] = [constant, step, exponential, cosine, oneCycle];
