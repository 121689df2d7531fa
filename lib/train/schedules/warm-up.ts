// Warm-up: for a share of the run the learning rate rises evenly from near 0, then a schedule takes the rest (Goyal et al.
// 2017, arXiv:1706.02677, section 2.2).
import type { Schedule } from './schedule.js';

export const withWarmUp = (schedule: Schedule, share: number): Schedule => {
  if (share === 0) return schedule;
  // The first step must not have a rate of 0: it would be lost. A thousandth is as good as nothing.
  return (progress) =>
    progress < share ? Math.max(progress / share, 0.001) : schedule((progress - share) / (1 - share));
};
