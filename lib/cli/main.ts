#!/usr/bin/env node
// The binary `kompakt`.
import { endWithOutput } from './lost-output.js';
import { runCli } from './program.js';

process.stdout.on('error', endWithOutput);
// What is told on the side may be lost; the work goes on.
process.stderr.on('error', () => {});

runCli(process.argv.slice(2), process).then((code) => {
  process.exitCode = code;
});
