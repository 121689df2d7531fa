// The contract of a command: one file in commands/, one line in commands/index.ts. Help, docs/cli.md and parsing come
// from it.
import type { Progress } from './progress.js';

export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
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
}

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

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Whole command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly run: (invocation: Invocation) => Promise<Result>;
}
