// Parses a command line, runs the command and reports: text or one JSON document on stdout, progress and errors on
// stderr, exit code 0 for success, 1 for failure, 2 for bad usage.
import { createRequire } from 'node:module';
import { Command as Commander, CommanderError } from 'commander';
import { dataSources } from '../index.js';
import { type Command, flagOf, type Invocation, type OptionSpec, Options, type Result } from './command.js';
import { commands } from './commands/index.js';
import { describeError, errorText } from './error-text.js';
import { checkRules } from './option-rules.js';
import { checkOutputs, type GivenTexts } from './outputs.js';
import { progressOn } from './progress.js';

export interface Streams {
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
  readonly stderr: NodeJS.WriteStream;
}

/** Runs one command line (without node and script). Resolves to the exit code; never rejects. */
export async function runCli(argv: readonly string[], streams: Streams): Promise<0 | 1 | 2> {
  const json = argv.includes('--json');
  const progress = progressOn(streams.stderr);
  let outcome:
    | { readonly command: Command; readonly invocation: Invocation; readonly texts: GivenTexts }
    | undefined;
  const program = buildProgram(streams, (command, args, values, texts) => {
    outcome = { command, invocation: { args, options: new Options(values), progress }, texts };
  });
  try {
    if (argv.length === 0) program.help();
    await program.parseAsync(withoutVainHelp(argv), { from: 'user' });
    if (outcome === undefined) return 0;
    const { command, invocation, texts } = outcome;
    checkRules(command, invocation, texts);
    await checkOutputs(command, invocation, texts);
    print(await command.run(invocation), json, streams);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    progress.stop();
    return fail(error, json, streams);
  } finally {
    progress.stop();
  }
}

/** Of a command that is not there commander says so, but not when help on it is asked for. */
function withoutVainHelp(argv: readonly string[]): string[] {
  const [help, name, ...rest] = argv;
  const isVain = help === 'help' && name !== undefined && commands.every((command) => command.name !== name);
  return isVain && !name.startsWith('-') ? [name, ...rest] : [...argv];
}

type OnCommand = (
  command: Command,
  args: readonly string[],
  values: Readonly<Record<string, unknown>>,
  texts: GivenTexts,
) => void;

/** The commander program; calls `onCommand` with what was asked for. */
function buildProgram(streams: Streams, onCommand: OnCommand): Commander {
  const program = new Commander('kompakt')
    .description('Compress neural networks and run them on edge CPUs.')
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: () => {},
    })
    .showSuggestionAfterError(true);
  for (const command of commands) {
    const sub = program
      .command(command.name)
      .summary(command.summary)
      .description(`${command.summary}.`)
      .exitOverride();
    for (const { name, description, optional } of command.arguments)
      sub.argument(optional ? `[${name}]` : `<${name}>`, description);
    const texts = new Map<OptionSpec, readonly string[]>();
    for (const option of command.options)
      addOption(sub, option, (text) =>
        texts.set(option, [...(option.repeat ? (texts.get(option) ?? []) : []), text]),
      );
    sub.option('--json', 'print one JSON document on stdout and nothing else there');
    if (command.options.some(({ flags }) => flags.startsWith('--data')))
      sub.addHelpText('after', samplesText);
    sub.addHelpText('after', examplesText(command));
    sub.action((...parameters: unknown[]) => {
      const args = parameters.slice(0, command.arguments.length);
      onCommand(
        command,
        args.flat().filter((arg) => typeof arg === 'string'),
        sub.opts(),
        texts,
      );
    });
  }
  return program;
}

function addOption(
  to: Commander,
  { flags, description, parse, repeat, default: fallback }: OptionSpec,
  onText: (text: string) => void,
): void {
  const flag = flagOf(flags);
  const convert = (text: string): unknown => {
    onText(text);
    return parse === undefined ? text : parse(text, flag);
  };
  const step = (text: string, before: unknown): unknown =>
    repeat ? [...((before as readonly unknown[] | undefined) ?? []), convert(text)] : convert(text);
  const takesValue = /[<[]/.test(flags);
  if (takesValue) to.option(flags, description, step, fallback);
  else to.option(flags, description, fallback as boolean | undefined);
}

/** What --data and its like take. */
const samplesText = `\nSamples:\n${dataSources
  .map(({ name, path, samples, labels }) => `  ${name}:${path}\n      ${samples}\n      labels: ${labels}`)
  .join('\n')}`;

function examplesText(command: Command): string {
  const lines = command.examples.map(([line, what]) => `  $ ${line}\n      ${what}`);
  return `\nExamples:\n${lines.join('\n')}`;
}

function packageVersion(): string {
  // By name, not by path: a bundler decides where this code lies.
  return (createRequire(import.meta.url)('kompakt/package.json') as { version: string }).version;
}

function print(result: Result, json: boolean, streams: Streams): void {
  streams.stdout.write(json ? `${toJson(result.document, result.oneLine ? 0 : 2)}\n` : `${result.text}\n`);
}

/** JSON has no infinity and no big integers: they become strings. */
const toJson = (value: unknown, indent = 2): string =>
  JSON.stringify(
    value,
    (_, item: unknown) => {
      if (typeof item === 'bigint') return item.toString();
      return typeof item === 'number' && !Number.isFinite(item) ? String(item) : item;
    },
    indent,
  );

function fail(error: unknown, json: boolean, streams: Streams): 1 | 2 {
  const { code, message, remedy } = describeError(error);
  if (json) streams.stdout.write(`${toJson({ error: { code, message, remedy } })}\n`);
  streams.stderr.write(errorText(error));
  return code === 'KPT_USAGE' ? 2 : 1;
}
