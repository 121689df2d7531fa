import { defineSchedule } from './schedule.js';

export const exponential = defineSchedule({
  name: 'exponential',
  summary: 'falls by the same share each step, to `last` at the end',
  options: (z) =>
    z.strictObject({
      name: z.literal('exponential'),
      last: z.number().gt(0).lte(1).default(0.01),
    }),
  make:
    ({ last }) =>
    (progress) =>
      last ** progress,
});
