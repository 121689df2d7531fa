// Progress on stderr: a bar with the time left on a terminal, nothing anywhere else.
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** Starts a task. `total` is the number of steps, or 1 when shares are reported. */
  start(title: string, total: number): void;
  /** `note` is shown behind the time left until the next one. */
  update(done: number, note?: string): void;
  stop(): void;
}

const silentProgress: Progress = { start() {}, update() {}, stop() {} };

/** A bar on `stream`, or silence when it is not a terminal. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return silentProgress;
  let bar: SingleBar | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    start(title, total) {
      stop();
      const format = `${title} {bar} {percentage}%  {eta_formatted} left  {note}`;
      bar = new SingleBar(
        { format, stream, hideCursor: true, clearOnComplete: true, etaBuffer: 20 },
        Presets.shades_classic,
      );
      bar.start(total, 0, { note: '' });
    },
    update: (done, note) => bar?.update(done, note === undefined ? {} : { note }),
    stop,
  };
}
