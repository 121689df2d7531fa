import { magnitudesOf } from '../../../ops/prune.js';
import { type Distribution, lowestOf } from '../distribution.js';

/** w^2 over the sum of the squares of all weights that are not smaller, in order of magnitude. */
function scoresOf(values: Float32Array): Float64Array {
  const scores = magnitudesOf(values).sort();
  let sum = 0;
  for (let i = scores.length - 1; i >= 0; i--) {
    const square = scores[i]! ** 2;
    sum += square;
    // Infinite weights, and what is no number, are the last to go.
    scores[i] = square === Number.POSITIVE_INFINITY ? 1 : square === 0 ? 0 : square / sum;
  }
  return scores;
}

export const lamp: Distribution = {
  name: 'lamp',
  summary: 'the weights that change the output of their layer least (layer-adaptive magnitude)',
  source:
    'Lee et al. 2021, arXiv:2010.07611, equation 4. Decided once, by the weights that training starts from; within a layer magnitude decides.',
  zerosOf: (layers, zeros) =>
    lowestOf(
      layers.map(({ values }) => scoresOf(values)),
      zeros,
    ),
};
