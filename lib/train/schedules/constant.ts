import { defineSchedule } from './schedule.js';

export const constant = defineSchedule({
  name: 'constant',
  summary: 'the learning rate stays as it is',
  options: (z) => z.strictObject({ name: z.literal('constant') }),
  make: () => () => 1,
});
