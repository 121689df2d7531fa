// Rounding to the nearest integer, halves to even: the one rounding of quantisation and of Round.

export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return rest < 0.5 ? down : Math.ceil(x);
  return down % 2 === 0 ? down : down + 1;
}
