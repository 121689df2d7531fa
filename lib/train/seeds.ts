// One seed a run, many streams of random numbers: each use has its own, found from what it is for, so that a run that
// continues from a checkpoint draws what it would have drawn without storing the state of a generator.
import { uniformNumbers } from '../ops/shared/random-numbers.js';

/** What the numbers are for. */
const purposes = {
  weights: 1,
  shuffle: 2,
  augment: 3,
  engine: 4,
  regressors: 5,
  adapters: 6,
  holdout: 8,
  trials: 9,
  importance: 10,
  careful: 11,
} as const;

export type Purpose = keyof typeof purposes;

/** A 32-bit seed from a run's seed, a purpose and counters such as epoch and batch. */
export function seedFor(seed: number, purpose: Purpose, ...counters: readonly number[]): number {
  let state = mix(seed >>> 0);
  for (const part of [purposes[purpose], ...counters]) state = mix((state ^ part) >>> 0);
  return state;
}

/** Uniform numbers of [0,1) for a purpose. */
export const randomFor = (seed: number, purpose: Purpose, ...counters: readonly number[]): (() => number) =>
  uniformNumbers(seedFor(seed, purpose, ...counters));

/** The finaliser of MurmurHash3 (Appleby, 2011) after adding a constant that keeps zeros apart. */
function mix(value: number): number {
  let h = (value + 0x9e3779b9) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
