#!/usr/bin/env node
// The binary `kompakt`.
import { KompaktError } from '../index.js';
import { errorText, runCli } from './program.js';

// Who reads what is printed may have seen enough (`kompakt run ... | head`): that is the end, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(errorText(unwritable(error)));
  process.exit(1);
});
// What is told on the side may be lost; the work goes on.
process.stderr.on('error', () => {});

const unwritable = (cause: Error): KompaktError =>
  new KompaktError('KPT_FILE_WRITE', `The standard output cannot be written: ${cause.message}.`, {}, cause);

runCli(process.argv.slice(2), process).then((code) => {
  process.exitCode = code;
});
