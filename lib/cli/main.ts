#!/usr/bin/env node
// The binary `kompakt`.
import { runCli } from './program.js';

runCli(process.argv.slice(2), process).then((code) => {
  process.exitCode = code;
});
