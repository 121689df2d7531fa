// The log of a run: one JSON object a line, appended as things happen, for programs that watch or plot.
import { appendFileSync } from 'node:fs';
import { KompaktError, systemReason } from '../errors.js';
import { warnUnwritten } from '../onnx/write-file.js';
import type { TrainingEvent } from './events.js';

/** Appends to a file. Throws KPT_FILE_WRITE for the first line; a later one that fails ends the log with a warning, and not the run. */
export function logTo(path: string): (event: TrainingEvent) => void {
  let [begun, ended] = [false, false];
  return (event) => {
    if (ended) return;
    try {
      appendFileSync(path, `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
      begun = true;
    } catch (cause) {
      const error = new KompaktError(
        'KPT_FILE_WRITE',
        `The log '${path}' cannot be written${systemReason(cause)}.`,
        { path },
        cause,
      );
      if (!begun) throw error;
      ended = true;
      warnUnwritten(error);
    }
  };
}
