// Runs the command line in this process and catches what it prints.
import { runCli } from '../../lib/cli/program.js';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function kompakt(...argv: string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const streams = {
    stdout: { write: (text: string) => out.push(text) > 0 },
    stderr: { isTTY: false, write: (text: string) => err.push(text) > 0 },
  };
  const code = await runCli(argv, streams as unknown as Parameters<typeof runCli>[1]);
  return { code, out: out.join(''), err: err.join('') };
}
