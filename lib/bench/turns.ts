// Timed runs of several sessions in one process: they take turns in short blocks, so that what else the machine does strikes
// all alike.
import { setTimeout as sleep } from 'node:timers/promises';
import { KompaktError } from '../errors.js';
import type { EngineSession, Feeds } from './engine.js';

export interface Turns {
  /** Timed seconds per session; the default is 3. Ignored when `runs` is given. */
  readonly seconds?: number | undefined;
  /** Timed runs per session. */
  readonly runs?: number | undefined;
  /** Untimed runs per session before. Default 10, and at least 0.2 s. */
  readonly warmup?: number | undefined;
  /** Share done, 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Player {
  readonly session: EngineSession;
  readonly feeds: Feeds;
  /** Milliseconds of each timed run, to be filled. */
  readonly times: number[];
}

/** Length of one block of one session. */
const blockMilliseconds = 40;
/** Between blocks of different sessions: lets a thread pool that spins after a run go to sleep. */
const pauseMilliseconds = 5;
const warmupMilliseconds = 200;

/** Milliseconds of one run. */
export async function timed(session: EngineSession, feeds: Feeds): Promise<number> {
  const start = performance.now();
  await session.run(feeds);
  return performance.now() - start;
}

/** Fills the times of each, block by block in turn. Answers with the lengths that all times had after each round. Throws KPT_ABORTED
 *  by the signal, between two blocks. */
export async function takeTurns(
  players: readonly Player[],
  { warmup, runs, seconds = 3, onProgress, signal }: Turns = {},
): Promise<readonly (readonly number[])[]> {
  const requireGoingOn = (): void => {
    if (signal?.aborted)
      throw new KompaktError('KPT_ABORTED', 'The measurement was aborted.', {}, signal.reason);
  };
  for (const { session, feeds } of players) {
    requireGoingOn();
    let spent = 0;
    for (let i = 0; i < (warmup ?? 10) || (warmup === undefined && spent < warmupMilliseconds); i++)
      spent += await timed(session, feeds);
  }
  // The sum is kept: whoever looks at all times before the next run takes longer for each, and finds the caches without the model.
  const turns = players.map((player) => ({ ...player, total: 0 }));
  const shareOf = ({ times, total }: (typeof turns)[number]): number =>
    runs === undefined ? total / (seconds * 1000) : times.length / runs;
  const done = (): number => Math.min(1, ...turns.map(shareOf));
  const rounds: (readonly number[])[] = [];
  while (done() < 1) {
    for (const turn of turns) {
      if (shareOf(turn) >= 1) continue;
      requireGoingOn();
      const { session, feeds, times } = turn;
      if (players.length > 1) {
        await sleep(pauseMilliseconds);
        await session.run(feeds);
      }
      const end = turn.total + blockMilliseconds;
      while (turn.total < end && shareOf(turn) < 1) {
        const time = await timed(session, feeds);
        times.push(time);
        turn.total += time;
      }
    }
    rounds.push(players.map(({ times }) => times.length));
    onProgress?.(done());
  }
  return rounds;
}
