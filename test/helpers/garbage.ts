// How much JavaScript memory a call takes, told apart from what else the process does meanwhile.

/** The least bytes a call of several rounds of `calls`; rounds in which the collector ran tell nothing and do not count. */
export function garbageOf(call: () => void, calls: number): number {
  const rounds: number[] = [];
  for (let round = 0; rounds.length < 5 && round < 50; round++) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < calls; i++) call();
    const taken = process.memoryUsage().heapUsed - before;
    if (taken >= 0) rounds.push(taken / calls);
  }
  // Every round collected: there is garbage enough for it.
  return rounds.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...rounds);
}
