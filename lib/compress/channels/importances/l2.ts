// The Euclidean norm of the weights of a channel.
import { forSlices, type Importance, meanOverParts } from '../importance.js';

export const l2: Importance = {
  name: 'l2',
  summary: 'norm of the weights',
  source:
    'Fang et al. 2023, arXiv:2301.12900, section 3.3 (group importance), with the norm in place of its square, of every layer relative to its mean',
  scores: (group) =>
    meanOverParts(group, ['makes', 'sums'], (part) => {
      const squares = new Float64Array(part.places.length);
      forSlices(part, (i, v) => {
        squares[i]! += v * v;
      });
      return squares.map(Math.sqrt);
    }),
};
