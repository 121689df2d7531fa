import { z } from 'zod';
import { defineSchedule } from './schedule.js';

export const constant = defineSchedule({
  name: 'constant',
  summary: 'the learning rate stays as it is',
  options: z.strictObject({ name: z.literal('constant') }),
  make: () => () => 1,
});
