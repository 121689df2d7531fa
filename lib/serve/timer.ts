// Timers of any length.

/** Node takes a longer time for 1 ms. It is 25 days, which nobody waits for. */
const longestMs = 2 ** 31 - 1;

export const startTimer = (call: () => void, ms: number): NodeJS.Timeout =>
  setTimeout(call, Math.min(ms, longestMs));
