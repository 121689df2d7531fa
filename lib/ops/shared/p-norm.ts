// p-norms in bodies.
import type { Body } from './body.js';

/** The p-th root of sums of p-th powers of absolute values; `sum` adds up. */
export function pNorm(body: Body, x: string, p: number, sum: (powers: string) => string): string {
  if (p === 1) return sum(body.one('Abs', [x]));
  if (p === 2) return body.one('Sqrt', [sum(body.square(x))]);
  const power = (of: string, exponent: number) => body.one('Pow', [of, body.scalar(exponent)]);
  return power(sum(power(body.one('Abs', [x]), p)), 1 / p);
}
