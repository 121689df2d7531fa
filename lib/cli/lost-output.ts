// What becomes of a command whose standard output takes no more.
import { KompaktError } from '../index.js';
import { errorText } from './error-text.js';

/** Who reads what is printed may have seen enough (`kompakt run ... | head`): that is the end, not an error. A full disk is one. */
export function endWithOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(errorText(unwritable(error)));
  process.exit(1);
}

/** For commands that are more than what they print: it is lost, and the work goes on. */
export function outliveOutput(): void {
  process.stdout.off('error', endWithOutput);
  process.stdout.on('error', () => {});
}

const unwritable = (cause: Error): KompaktError =>
  new KompaktError('KPT_FILE_WRITE', `The standard output cannot be written: ${cause.message}.`, {}, cause);
