import { fall } from './cosine.js';
import { defineSchedule } from './schedule.js';

export const oneCycle = defineSchedule({
  name: 'one-cycle',
  summary:
    'rises from `first` for the share `rise` of the run, then falls to `last` (Smith and Topin 2018, arXiv:1708.07120)',
  options: (z) =>
    z.strictObject({
      name: z.literal('one-cycle'),
      rise: z.number().gt(0).lt(1).default(0.3),
      first: z.number().gt(0).lte(1).default(0.04),
      last: z.number().min(0).lte(1).default(0.0001),
    }),
  make:
    ({ rise, first, last }) =>
    (progress) =>
      progress < rise ? fall(progress / rise, first, 1) : fall((progress - rise) / (1 - rise), 1, last),
});
