import { defineSchedule } from './schedule.js';

/** Half a cosine from 1 to `last` (Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5, without restarts). */
export const fall = (progress: number, first: number, last: number): number =>
  last + ((first - last) * (1 + Math.cos(Math.PI * progress))) / 2;

export const cosine = defineSchedule({
  name: 'cosine',
  summary: 'half a cosine down to `last`',
  options: (z) =>
    z.strictObject({
      name: z.literal('cosine'),
      last: z.number().min(0).lt(1).default(0),
    }),
  make:
    ({ last }) =>
    (progress) =>
      fall(progress, 1, last),
});
