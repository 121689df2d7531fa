// How far the weights of a channel are from those of all others: what lies in the middle can be replaced by the rest.
import { forSlices, type Importance, type JudgedPart, meanOverParts } from '../importance.js';

/** Sum of the Euclidean distances of each slice to the slices that have not left. */
function distances({ dims, values, axis, places }: JudgedPart): Float64Array {
  const size = values.length / dims[axis]!;
  const slices = new Float64Array(values.length);
  const filled = new Int32Array(dims[axis]!);
  forSlices({ dims, values, axis }, (i, v) => {
    slices[i * size + filled[i]++] = v;
  });
  const sums = new Float64Array(dims[axis]!);
  for (let a = 0; a < sums.length; a++)
    for (let b = a + 1; b < sums.length; b++) {
      if (places[a]! < 0 || places[b]! < 0) continue;
      let squares = 0;
      for (let k = 0; k < size; k++) squares += (slices[a * size + k]! - slices[b * size + k]!) ** 2;
      sums[a]! += Math.sqrt(squares);
      sums[b]! += Math.sqrt(squares);
    }
  return sums;
}

export const fpgm: Importance = {
  name: 'fpgm',
  summary:
    'distance of the weights to those of other channels: near the geometric median, a channel is replaceable',
  source: 'He et al. 2019, arXiv:1811.00250, section 3.3, relative to the mean of each layer',
  scores: (group) => meanOverParts(group, ['makes'], distances),
};
