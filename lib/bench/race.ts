// Two models in turn on this device: how much faster one is than the other, whatever else the machine does meanwhile.
import type { Feeds } from './engine.js';
import { loadEngine } from './engines.js';
import { type LatencySummary, percentile, summarize } from './statistics.js';
import { type Player, takeTurns } from './turns.js';

export interface RaceOptions {
  /** Threads of one run. Default 1. */
  readonly threads?: number;
  /** Timed seconds per model. Default 1. */
  readonly seconds?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Race {
  readonly first: LatencySummary;
  readonly second: LatencySummary;
  /** How many times as fast the second is: the median over the turns of the ratio of their medians. */
  readonly speedUp: number;
  /** Quartiles of that ratio over the turns. */
  readonly low: number;
  readonly high: number;
}

/** Measures two models, given as bytes of their files, with the same feeds. Throws KPT_ABORTED. */
export async function race(
  first: Uint8Array,
  second: Uint8Array,
  feeds: Feeds,
  { threads = 1, seconds = 1, signal }: RaceOptions = {},
): Promise<Race> {
  const engine = await loadEngine('kompakt');
  const players: Player[] = [];
  try {
    for (const model of [first, second])
      players.push({ session: await engine.create(model, threads), feeds, times: [] });
    const rounds = await takeTurns(players, { seconds, signal });
    const [a, b] = players.map(({ times }) => times) as [number[], number[]];
    const ratios = ratiosOf(a, b, rounds as readonly (readonly [number, number])[]);
    const at = (q: number): number => percentile(ratios, q);
    return {
      first: summarize(a),
      second: summarize(b),
      speedUp: at(0.5),
      low: at(0.25),
      high: at(0.75),
    };
  } finally {
    for (const { session } of players) await session.release();
  }
}

/** Of each round in which both ran, the median time of the first over that of the second, ascending. */
function ratiosOf(
  a: readonly number[],
  b: readonly number[],
  rounds: readonly (readonly [number, number])[],
): Float64Array {
  let [fromA, fromB] = [0, 0];
  const ratios: number[] = [];
  for (const [toA, toB] of rounds) {
    if (toA > fromA && toB > fromB) ratios.push(median(a.slice(fromA, toA)) / median(b.slice(fromB, toB)));
    [fromA, fromB] = [toA, toB];
  }
  return Float64Array.from(ratios).sort();
}

const median = (values: readonly number[]): number => percentile(Float64Array.from(values).sort(), 0.5);
