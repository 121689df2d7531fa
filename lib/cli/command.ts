// The contract of a command: one file in commands/, one line in commands/index.ts. Help, docs/cli.md and parsing come
// from it.
import type { Progress } from './progress.js';

export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
  /** The files that the text names. */
  readonly reads?: PathsOf;
}

export interface OptionSpec {
  /** As commander takes it: '-o, --output <file>', '--plan'. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string | number | boolean;
  /** Turns the text into the value. Throws KPT_USAGE saying what `flag` expects. */
  readonly parse?: (text: string, flag: string) => unknown;
  /** May be given several times; the values become a list. */
  readonly repeat?: boolean;
  /** The files that the text names, where the command reads them. */
  readonly reads?: PathsOf;
  /** The text names what the command writes: a file, a file that is kept for later if it can be (cache), or a folder in which it
   *  writes files with names like this. */
  readonly writes?: 'file' | 'cache' | RegExp;
}

/** Paths that the text of an argument or option names. Throws nothing: what is wrong with the text is said elsewhere. */
export type PathsOf = (text: string) => readonly string[] | Promise<readonly string[]>;

/** '--output' of '-o, --output <file>'. */
export const flagOf = (flags: string): string => /--[\w-]+/.exec(flags)?.[0] ?? flags;

/** What a command leaves behind: the same thing for programs and for people. */
export interface Result {
  /** Printed as the one JSON document under --json. */
  readonly document: unknown;
  readonly text: string;
  /** The document is printed on one line: for commands that go on, whose reader cannot wait for the end. */
  readonly oneLine?: boolean;
}

export interface Invocation {
  /** Positional arguments, in order. */
  readonly args: readonly string[];
  /** Parsed options by their camelCase name. */
  readonly options: Options;
  readonly progress: Progress;
}

/** Typed access to parsed options. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  number(name: string): number | undefined {
    return this.#values[name] as number | undefined;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** Values of a repeated option, as its `parse` made them. */
  list<T>(name: string): readonly T[] {
    return (this.#values[name] ?? []) as readonly T[];
  }

  value<T>(name: string): T | undefined {
    return this.#values[name] as T | undefined;
  }
}

/** Positional arguments and options as they were given. */
export type Given = Pick<Invocation, 'args' | 'options'>;

/** What was asked for, as rules look at it. */
export interface Asked extends Given {
  /** Whether an option was given, as '--data'; defaults are not. */
  readonly has: (flag: string) => boolean;
}

/** Options that say something only beside others, or not beside them. option-rules.ts makes and checks them. */
export interface OptionRule {
  /** Of these options, as '--data'. */
  readonly flags: readonly string[];
  /** Whether those that were given say nothing. */
  readonly isBroken: (asked: Asked) => boolean;
  /** What is said of them behind their flags: of one, or of several. */
  readonly words: (one: boolean) => string;
}

type AlsoWritten = readonly (readonly [what: string, path: string])[];

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Options that are refused where they would be passed over. */
  readonly rules?: readonly OptionRule[];
  /** Files that it writes and no option names, such as the one beside an output, each with what it is. */
  readonly alsoWrites?: (given: Given) => AlsoWritten | Promise<AlsoWritten>;
  /** Whole command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly run: (invocation: Invocation) => Promise<Result>;
}
