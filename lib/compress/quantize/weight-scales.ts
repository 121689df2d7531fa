// Scales of weights with few bits: of some candidates, that with the least squared error of rounding and clipping. With 8 bits
// the widest range is best or nearly so; with 2, half of the weights or more would be rounded to zero.
// Source: Banner et al. 2019, arXiv:1810.05723, section 3 (the optimal clipping level); here it is searched.

/** Candidates: this many equal parts of the range that clips nothing. */
const parts = 50;

/** One scale a channel. `reach`: the largest magnitude of each; `limit`: the largest integer. */
export function leastErrorScales(
  values: Float64Array,
  channelOf: (i: number) => number,
  reach: Float64Array,
  limit: number,
): Float64Array {
  const scales = reach.map((r) => r / limit);
  const least = errorsOf(values, channelOf, scales, limit);
  // From wide to narrow, so that a tie keeps the wider one.
  for (let part = parts - 1; part > 0; part--) {
    const tried = reach.map((r) => (r * part) / parts / limit);
    errorsOf(values, channelOf, tried, limit).forEach((error, c) => {
      if (error >= least[c]!) return;
      least[c] = error;
      scales[c] = tried[c]!;
    });
  }
  return scales;
}

function errorsOf(
  values: Float64Array,
  channelOf: (i: number) => number,
  scales: Float64Array,
  limit: number,
): Float64Array {
  const errors = new Float64Array(scales.length);
  for (let i = 0; i < values.length; i++) {
    const c = channelOf(i);
    const scale = scales[c]!;
    const v = values[i]!;
    const steps = Math.min(limit, Math.max(-limit, Math.round(v / scale)));
    errors[c]! += (v - steps * scale) ** 2;
  }
  return errors;
}
