// Every command, one line each, in the order of the help text.
import type { Command } from '../command.js';
import { baselineCommand } from './baseline.js';
import { benchCommand } from './bench.js';
import { binarizeCommand } from './binarize.js';
import { compareCommand } from './compare.js';
import { compressCommand } from './compress.js';
import { distillCommand } from './distill.js';
import { doctorCommand } from './doctor.js';
import { explainCommand } from './explain.js';
import { finetuneCommand } from './finetune.js';
import { inspectCommand } from './inspect.js';
import { pruneCommand } from './prune.js';
import { quantizeCommand } from './quantize.js';
import { runCommand } from './run.js';
import { serveCommand } from './serve.js';
import { tuneCommand } from './tune.js';

export const commands: readonly Command[] = [
  inspectCommand,
  runCommand,
  quantizeCommand,
  finetuneCommand,
  distillCommand,
  pruneCommand,
  binarizeCommand,
  tuneCommand,
  compressCommand,
  compareCommand,
  explainCommand,
  benchCommand,
  baselineCommand,
  serveCommand,
  doctorCommand,
];
