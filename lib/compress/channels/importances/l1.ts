// The sum of the absolute weights of a channel.
import { forSlices, type Importance, meanOverParts } from '../importance.js';

export const l1: Importance = {
  name: 'l1',
  summary: 'sum of absolute weights',
  source:
    'Li et al. 2017, arXiv:1608.08710, section 3.1; layers that share channels are judged together, and those that read a channel count too',
  scores: (group) =>
    meanOverParts(group, ['makes', 'sums'], (part) => {
      const sums = new Float64Array(part.places.length);
      forSlices(part, (i, v) => {
        sums[i]! += Math.abs(v);
      });
      return sums;
    }),
};
