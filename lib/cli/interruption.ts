// Work that cleans up behind itself when somebody ends the command: temporary folders go.

const ending = ['SIGINT', 'SIGTERM'] as const;

/** Runs what ends at a signal. The first of SIGINT and SIGTERM asks it to, and then ends the process as if nobody had listened: whoever
 *  waits for it sees why. A second one does so at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const end = (name: NodeJS.Signals): void => {
    received = name;
    for (const each of ending) process.off(each, end);
    controller.abort();
  };
  for (const name of ending) process.on(name, end);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of ending) process.off(name, end);
    if (received !== undefined) process.kill(process.pid, received);
  }
}
