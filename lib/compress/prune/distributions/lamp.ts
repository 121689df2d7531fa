import { type Distribution, lowestOf } from '../distribution.js';

/** w^2 over the sum of the squares of all weights that are not smaller, in order of magnitude. */
function scoresOf(values: Float32Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort(
    (a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || b - a,
  );
  const scores = new Float64Array(values.length);
  let sum = 0;
  for (const i of order) {
    const square = values[i]! ** 2;
    sum += square;
    scores[i] = square === 0 ? 0 : square / sum;
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
