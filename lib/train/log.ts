// The log of a run: one JSON object a line, appended as things happen, for programs that watch or plot.
import { appendFileSync } from 'node:fs';
import { KompaktError } from '../errors.js';
import type { TrainingEvent } from './events.js';

/** Appends to a file. Throws KPT_FILE_WRITE. */
export const logTo =
  (path: string) =>
  (event: TrainingEvent): void => {
    try {
      appendFileSync(path, `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
    } catch (error) {
      throw new KompaktError('KPT_FILE_WRITE', `The log '${path}' cannot be written.`, { path }, error);
    }
  };
