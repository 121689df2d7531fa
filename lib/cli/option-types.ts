// Parsers of option values, and the options that several commands share.
import { readFileSync } from 'node:fs';
import { dataFiles, dataSources, expected, KompaktError } from '../index.js';
import type { OptionRule, OptionSpec, Options } from './command.js';
import { needs } from './option-rules.js';

const wrong = (what: string, flag: string, text: string): never => {
  throw new KompaktError('KPT_USAGE', expected(what, flag, text));
};

/** A whole number of at least `least`, and of at most `most` where that is given. */
export const wholeNumber =
  (least: number, most = Number.POSITIVE_INFINITY) =>
  (text: string, flag: string): number => {
    const value = Number(text);
    const range = Number.isFinite(most) ? `from ${least} to ${most}` : `of at least ${least}`;
    return Number.isInteger(value) && value >= least && value <= most && text.trim() !== ''
      ? value
      : wrong(`a whole number ${range}`, flag, text);
  };

/** As many as a session takes; 0, where that may be given: the usable CPUs. */
export const threadCount = (least: 0 | 1) => wholeNumber(least, 256);

export function positiveNumber(text: string, flag: string): number {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : wrong('a number above 0', flag, text);
}

export function notNegative(text: string, flag: string): number {
  const value = Number(text);
  const isRight = Number.isFinite(value) && value >= 0 && text.trim() !== '';
  return isRight ? value : wrong('a number of at least 0', flag, text);
}

export const oneOf =
  (...words: readonly string[]) =>
  (text: string, flag: string): string =>
    words.includes(text) ? text : wrong(`one of ${words.join(', ')}`, flag, text);

/** "a,b,c" -> ['a', 'b', 'c']. */
export const commaList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export interface NamedShape {
  readonly name: string;
  readonly dims: readonly number[];
}

/** "x=1,3,320,320". */
function namedShape(text: string, flag: string): NamedShape {
  const match = /^(.+)=(\d+(?:,\d+)*)?$/.exec(text);
  if (match === null) return wrong('NAME=D0,D1,... (as in x=1,3,320,320)', flag, text);
  return { name: match[1]!, dims: (match[2] ?? '').split(',').filter(Boolean).map(Number) };
}

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** "x=file.npy". */
export function namedText(text: string, flag: string): NamedText {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1) return wrong('NAME=FILE', flag, text);
  return { name: text.slice(0, at), text: text.slice(at + 1) };
}

export function jsonObject(text: string, flag: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong('a JSON object', flag, text);
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : wrong('a JSON object', flag, text);
}

/** A JSON object as it is, or that of a file. */
export function jsonOrFile(text: string, flag: string): Readonly<Record<string, unknown>> {
  if (text.trimStart().startsWith('{')) return jsonObject(text, flag);
  let content: string;
  try {
    content = readFileSync(text, 'utf8');
  } catch {
    return wrong('a JSON object or the path of a file that can be read', flag, text);
  }
  return jsonObject(content, `${flag} in '${text}'`);
}

// What texts name, for OptionSpec.reads.

export const itsFile = (text: string): readonly string[] => [text];

/** Of FILE or NAME=FILE. */
export const namedFile = (text: string): readonly string[] => [text, text.slice(text.indexOf('=') + 1)];

/** Of a JSON object or a file with one. */
export const jsonFile = (text: string): readonly string[] => (text.trimStart().startsWith('{') ? [] : [text]);

/** Of --data and its like; none where they cannot be found. */
const sourceFiles = (text: string): Promise<readonly string[]> => dataFiles(text).catch(() => []);

/** "cosine" as it is, {"name":"step"} as an object. */
export const nameOrJson = (text: string, flag: string): unknown =>
  text.trimStart().startsWith('{') ? jsonObject(text, flag) : text;

const numberTo =
  (most: number) =>
  (text: string, flag: string): number => {
    const value = Number(text);
    return text.trim() !== '' && value >= 0 && value <= most
      ? value
      : wrong(`a number from 0 to ${most}`, flag, text);
  };

export const shareNumber = numberTo(1);

/** Signal over noise: more than 100 dB is more than float32 has. */
export const decibels = numberTo(100);

/** "3,32,32": as many whole numbers above 0 as asked for. */
export const wholeNumbers =
  (count: number) =>
  (text: string, flag: string): readonly number[] => {
    const values = commaList(text).map(Number);
    return values.length === count && values.every((n) => Number.isInteger(n) && n > 0)
      ? values
      : wrong(`${count} whole numbers above 0, separated by commas`, flag, text);
  };

/** "idx:images,labels" as it is. */
function dataSource(text: string, flag: string): string {
  const colon = text.indexOf(':');
  const known = dataSources.some(({ name }) => name === text.slice(0, colon));
  return known && colon < text.length - 1 ? text : wrong(sourceForms, flag, text);
}

const forms = dataSources.map(({ name, path }) => `${name}:${path}`);
const sourceForms = `${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}`;

/** What all options have in common that name samples. */
export const sourceOption = { parse: dataSource, reads: sourceFiles };

export interface GuidePair {
  readonly student: string;
  readonly teacher: string;
  readonly weight?: number;
}

/** "relu4.out=relu9.out" or "relu4.out=relu9.out@0.5". */
export function guidePair(text: string, flag: string): GuidePair {
  const { name, text: rest } = namedText(text, flag);
  const match = /^(.+)@([\d.e+-]+)$/.exec(rest);
  if (match === null) return { student: name, teacher: rest };
  return { student: name, teacher: match[1]!, weight: positiveNumber(match[2]!, flag) };
}

export const shapeOption: OptionSpec = {
  flags: '--shape <name=dims>',
  description:
    'size of an input with free dimensions or no declared shape, as in x=1,3,320,320; once per input',
  parse: namedShape,
  repeat: true,
};

export const shapesOf = (options: Options): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(options.list<NamedShape>('shape').map(({ name, dims }) => [name, dims]));

export const planCacheOption: OptionSpec = {
  flags: '--plan-cache <path>',
  description:
    'keep plans and packed weights in this file, or in this folder for several models; without this in the folder that KOMPAKT_PLAN_CACHE names in the environment (empty: nowhere), else in the folder that kompakt doctor names',
  writes: 'cache',
};

export const threadsOption: OptionSpec = {
  flags: '--threads <n>',
  description: 'threads that one run uses',
  parse: threadCount(1),
  default: 1,
};

export const dataOptions: readonly OptionSpec[] = [
  {
    flags: '--data <source>',
    description: `samples: ${sourceForms}`,
    ...sourceOption,
  },
  {
    flags: '--preprocess <json>',
    description:
      'from stored to model values, as in {"scale":0.0039,"mean":[0.5],"std":[0.5]}, or a file with that',
    parse: jsonOrFile,
    reads: jsonFile,
  },
  {
    flags: '--samples <n>',
    description: 'use at most this many samples, drawn evenly over all: the same ones each time',
    parse: wholeNumber(1),
  },
];

/** Bits of weights and activations; `bitsOf` reads them. */
export const bitOptions: readonly OptionSpec[] = [
  { flags: '--weight-bits <n>', description: 'bits of weights, 2 to 8', parse: wholeNumber(2, 8) },
  {
    flags: '--act-bits <n>',
    description: 'bits of what convolutions and matrix products read, 2 to 8',
    parse: wholeNumber(2, 8),
  },
  {
    flags: '--first-last-bits <n>',
    description: 'bits of the first and last layers at least (default: 8)',
    parse: wholeNumber(2, 8),
  },
  {
    flags: '--int8-storage',
    description:
      'weights of 4 bits and fewer one to a byte, for runtimes without int4 (ONNX opset 21); two to a byte without this',
  },
];

/** With --options they may be for the bits that it names. */
export const bitRules: readonly OptionRule[] = [
  needs(['--first-last-bits'], ['--weight-bits', '--act-bits', '--options']),
  needs(['--int8-storage'], ['--weight-bits', '--options']),
];

/** Those that were given. */
export function bitsOf(options: Options): {
  readonly weightBits?: number;
  readonly activationBits?: number;
  readonly firstLastBits?: number;
  readonly int4?: false;
} {
  const [weightBits, activationBits, firstLastBits] = ['weightBits', 'actBits', 'firstLastBits'].map((name) =>
    options.number(name),
  );
  return {
    ...(weightBits !== undefined && { weightBits }),
    ...(activationBits !== undefined && { activationBits }),
    ...(firstLastBits !== undefined && { firstLastBits }),
    ...(options.flag('int8Storage') && { int4: false as const }),
  };
}
