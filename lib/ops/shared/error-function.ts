// The Gauss error function in double precision: a Maclaurin series near zero, a continued fraction of erfc beyond.

const limit = 2.5;

/** erf(x), to about 1e-15. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  return Math.sign(x) * (a < limit ? series(a) : 1 - complement(a));
}

/** 2 / sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (2n+1)!!: all terms positive, no cancellation. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc(x) for x >= limit, by the continued fraction exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + ...))). */
function complement(x: number): number {
  let tail = x;
  for (let k = 60; k >= 1; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}
