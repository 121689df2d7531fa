// One listener on a signal, however many requests have it: Node warns of a leak from the eleventh listener on.

interface Waiting {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** Calls when the signal aborts. What is returned takes that back. */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const { calls, listener } = waiting.get(signal) ?? listen(signal);
  calls.add(call);
  return () => {
    if (!calls.delete(call) || calls.size > 0) return;
    signal.removeEventListener('abort', listener);
    waiting.delete(signal);
  };
}

function listen(signal: AbortSignal): Waiting {
  const calls = new Set<() => void>();
  const listener = (): void => {
    // What one takes back meanwhile is not called: a Set goes on with what is left.
    for (const call of calls) call();
  };
  signal.addEventListener('abort', listener, { once: true });
  const made = { calls, listener };
  waiting.set(signal, made);
  return made;
}
