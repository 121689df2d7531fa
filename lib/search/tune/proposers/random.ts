// Values at random, uniform on the scale of each parameter (Bergstra & Bengio 2012, JMLR 13, section 2).
import { valuesAt } from '../space.js';
import type { Proposer } from './proposer.js';

export const random: Proposer = {
  name: 'random',
  summary: 'uniform on the scale of each parameter',
  propose: (space, _, numbers) => valuesAt(space, numbers),
};
