#!/usr/bin/env node
// The binary `kompakt`.
import { runCli } from './program.js';

// Who reads what is printed may have seen enough (`kompakt run ... | head`): that is the end, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
// What is told on the side may be lost; the work goes on.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

runCli(process.argv.slice(2), process).then((code) => {
  process.exitCode = code;
});
