// What a model costs: bytes of its file by type, multiply-accumulates, time.

import type { EngineSession, Feeds, OperatorTime } from '../bench/engine.js';
import { loadEngine } from '../bench/engines.js';
import { type LatencySummary, summarize } from '../bench/statistics.js';
import { takeTurns } from '../bench/turns.js';
import type { Graph } from '../graph/graph.js';
import { usesOf } from '../graph/uses.js';
import type { Model } from '../model/model.js';
import { fileBytesOf } from '../model/stored-bytes.js';
import { InferenceSession } from '../session/session.js';
import { storedBytes } from '../tensor/tensor.js';

export interface StoredSize {
  /** Of the file: stored-bytes.ts. */
  readonly file: number;
  /** The model is no file as it is: `file` is that of the one that kompakt writes. */
  readonly written: boolean;
  /** Bytes of constants by element type; 'bits' are packed weights of one bit. */
  readonly weights: Readonly<Record<string, number>>;
  /** All that is no constant: nodes, names, functions. At least 0: constants may be fewer in the file, as in functions of it that
   *  are called several times. */
  readonly overhead: number;
}

export function storedSize(model: Model): StoredSize {
  const file = fileBytesOf(model);
  const packed = new Set(
    model.graph.nodes.filter((node) => node.domain === 'ai.kompakt').flatMap((node) => usesOf(node)),
  );
  const weights: Record<string, number> = {};
  for (const [name, value] of model.graph.constants) {
    const kind = value.dtype === 'uint8' && packed.has(name) ? 'bits' : value.dtype;
    weights[kind] = (weights[kind] ?? 0) + storedBytes(value);
  }
  const all = Object.values(weights).reduce((sum, bytes) => sum + bytes, 0);
  return { file, written: model.fileBytes === null, weights, overhead: Math.max(0, file - all) };
}

/** Bytes of the constants that some nodes read. */
export const constantBytes = (
  graph: Graph,
  nodes: readonly { readonly inputs: readonly string[] }[],
): number =>
  [...new Set(nodes.flatMap(({ inputs }) => inputs))].reduce((sum, name) => {
    const value = graph.constants.get(name);
    return sum + (value === undefined ? 0 : storedBytes(value));
  }, 0);

/** Multiply-accumulates for the sizes of these feeds. */
export async function macsOf(model: Model, feeds: Feeds): Promise<number> {
  const session = InferenceSession.fromModel(model, { intraOpNumThreads: 1 });
  try {
    const shapes = Object.entries(feeds).map(([name, value]) => [name, value.dims] as const);
    return session.describe(Object.fromEntries(shapes)).macs;
  } finally {
    await session.release();
  }
}

export interface LatencyReport {
  readonly threads: number;
  readonly original: LatencySummary;
  readonly compressed: LatencySummary;
  /** Median of the compressed model over that of the original. */
  readonly ratio: number;
}

export interface Timing extends LatencyReport {
  readonly operators: {
    readonly original: readonly OperatorTime[];
    readonly compressed: readonly OperatorTime[];
  };
}

const profiledRounds = 6;
const roundRuns = 4;

/** Time of each operator in its best round: what interrupts one round does not show. */
async function operatorTimes(session: EngineSession, feeds: Feeds): Promise<readonly OperatorTime[]> {
  const best = new Map<string, OperatorTime>();
  for (let round = 0; round < profiledRounds; round++)
    for (const time of (await session.operators(feeds, roundRuns)) ?? []) {
      const known = best.get(time.name);
      if (known === undefined || time.milliseconds < known.milliseconds) best.set(time.name, time);
    }
  return [...best.values()];
}

/** Both models in turn in this process. `feeds`: by the names of each. */
export async function timeModels(
  models: readonly [Model, Model],
  feeds: readonly [Feeds, Feeds],
  {
    threads,
    seconds,
    onProgress,
  }: { threads: number; seconds: number; onProgress?: (share: number) => void },
): Promise<Timing> {
  const engine = await loadEngine('kompakt');
  const sessions: EngineSession[] = [];
  try {
    for (const model of models) sessions.push(await engine.create(model.toBytes(), threads));
    const players = sessions.map((session, i) => ({ session, feeds: feeds[i]!, times: [] as number[] }));
    await takeTurns(players, { seconds, onProgress });
    const [original, compressed] = players.map(({ times }) => summarize(times));
    const operators = [];
    for (const { session, feeds: own } of players) operators.push(await operatorTimes(session, own));
    return {
      threads,
      original: original!,
      compressed: compressed!,
      ratio: compressed!.p50 / original!.p50,
      operators: { original: operators[0]!, compressed: operators[1]! },
    };
  } finally {
    for (const session of sessions) await session.release();
  }
}
