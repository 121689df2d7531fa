// Regular expressions in the syntax of RE2, run in time linear in the text: all states of the automaton at once, so no
// pattern can take exponential time. Only full matches are asked for, so greediness does not matter.
import { KompaktError } from '../../errors.js';
import { parseExpression, type Syntax } from './regular-syntax.js';

type Assertion = Extract<Syntax, { kind: 'assert' }>['assertion'];

type Instruction =
  | { readonly kind: 'character'; readonly accepts: (code: number) => boolean }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'split'; readonly targets: readonly number[] }
  | { readonly kind: 'match' };

/** Counted repetitions are written out: together no more than this. */
const maxInstructions = 20_000;

/** Appends the instructions for `syntax`; they fall through to the next one. */
function compile(syntax: Syntax, program: Instruction[], where: string): void {
  if (program.length > maxInstructions)
    throw new KompaktError('KPT_TOO_LARGE', `The pattern of ${where} repeats too much.`);
  const reserve = (): number => program.push({ kind: 'match' }) - 1;
  const split = (at: number, ...targets: number[]): void => {
    program[at] = { kind: 'split', targets };
  };
  if (syntax.kind === 'character' || syntax.kind === 'assert') program.push(syntax);
  else if (syntax.kind === 'sequence') for (const part of syntax.parts) compile(part, program, where);
  else if (syntax.kind === 'choice') {
    const ends: number[] = [];
    const start = reserve();
    const starts = syntax.options.map((option) => {
      const at = program.length;
      compile(option, program, where);
      ends.push(reserve());
      return at;
    });
    split(start, ...starts);
    for (const end of ends) split(end, program.length);
  } else {
    for (let i = 0; i < syntax.least; i++) compile(syntax.part, program, where);
    if (syntax.most === Number.POSITIVE_INFINITY) {
      const start = reserve();
      compile(syntax.part, program, where);
      split(reserve(), start);
      split(start, start + 1, program.length);
      return;
    }
    const exits: number[] = [];
    for (let i = syntax.least; i < syntax.most; i++) {
      exits.push(reserve());
      compile(syntax.part, program, where);
    }
    for (const exit of exits) split(exit, exit + 1, program.length);
  }
}

const isWord = (code: number | undefined): boolean =>
  code !== undefined && /\w/.test(String.fromCodePoint(code));

const newline = 10;

function holds(assertion: Assertion, before: number | undefined, after: number | undefined): boolean {
  switch (assertion) {
    case 'text start':
      return before === undefined;
    case 'text end':
      return after === undefined;
    case 'line start':
      return before === undefined || before === newline;
    case 'line end':
      return after === undefined || after === newline;
    case 'word edge':
      return isWord(before) !== isWord(after);
    case 'inside word':
      return isWord(before) === isWord(after);
  }
}

/** Says whether a pattern matches the whole of a text. Throws KPT_ATTRIBUTE_INVALID for what is no pattern of RE2. */
export function fullMatcher(pattern: string, where: string): (text: string) => boolean {
  const program: Instruction[] = [];
  compile(parseExpression(pattern, where), program, where);
  program.push({ kind: 'match' });

  /** Adds what can be reached from `states` without reading a character. */
  const closure = (states: Iterable<number>, before: number | undefined, after: number | undefined) => {
    const reached = new Set<number>();
    const open = [...states];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (reached.has(at)) continue;
      reached.add(at);
      const instruction = program[at];
      if (instruction.kind === 'split') open.push(...instruction.targets);
      else if (instruction.kind === 'assert' && holds(instruction.assertion, before, after))
        open.push(at + 1);
    }
    return reached;
  };

  return (text) => {
    const codes = Array.from(text, (character) => character.codePointAt(0));
    let states = closure([0], undefined, codes[0]);
    for (const [i, code] of codes.entries()) {
      const next: number[] = [];
      for (const at of states) {
        const instruction = program[at];
        if (instruction.kind === 'character' && instruction.accepts(code as number)) next.push(at + 1);
      }
      states = closure(next, code, codes[i + 1]);
      if (states.size === 0) return false;
    }
    return states.has(program.length - 1);
  };
}
