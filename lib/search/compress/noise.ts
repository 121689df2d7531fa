// How many samples it takes to tell whether a model is worse than another by some points.

/** Standard normal quantiles of a two-sided test at 5 % and of a power of 80 %. */
const [z95, z80] = [1.959963984540054, 0.8416212335729143];

/**
 * Samples on which a drop of `drop` (a share above 0) would be found significant four times out of five, when the two models
 * disagree on a share `disagreement` of all samples (Connor 1987, Biometrics 43, 207-211, equation for McNemar's test).
 */
export function samplesToTell(drop: number, disagreement: number): number {
  // A drop is made of samples on which they disagree.
  const psi = Math.max(disagreement, drop);
  const root = z95 * Math.sqrt(psi) + z80 * Math.sqrt(psi - drop * drop);
  return Math.ceil((root / drop) ** 2);
}
