// No judgement: the baseline that every importance has to beat.
import type { Importance } from '../importance.js';

export const random: Importance = {
  name: 'random',
  summary: 'any channel, as the seed has it: a baseline',
  source: 'Mittal et al. 2018, arXiv:1801.10447 (random pruning as baseline)',
  scores: ({ count, random }) => Float64Array.from({ length: count }, random),
};
