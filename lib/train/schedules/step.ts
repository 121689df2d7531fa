import { defineSchedule } from './schedule.js';

export const step = defineSchedule({
  name: 'step',
  summary: 'multiplied by `factor` at each milestone, a share of the run',
  options: (z) =>
    z.strictObject({
      name: z.literal('step'),
      milestones: z.array(z.number().gt(0).lt(1)).default([0.5, 0.75]),
      factor: z.number().gt(0).lt(1).default(0.1),
    }),
  make:
    ({ milestones, factor }) =>
    (progress) =>
      factor ** milestones.filter((at) => progress >= at).length,
});
