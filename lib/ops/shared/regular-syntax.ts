// The syntax of RE2 as a tree. Refused by name: \C, \Q and what RE2 has not, such as back references and lookaround.
import { KompaktError } from '../../errors.js';

export type Syntax =
  | { readonly kind: 'character'; readonly accepts: Accepts }
  | {
      readonly kind: 'assert';
      readonly assertion: 'text start' | 'text end' | 'line start' | 'line end' | 'word edge' | 'inside word';
    }
  | { readonly kind: 'sequence'; readonly parts: readonly Syntax[] }
  | { readonly kind: 'choice'; readonly options: readonly Syntax[] }
  | { readonly kind: 'repeat'; readonly part: Syntax; readonly least: number; readonly most: number };

type Accepts = (code: number) => boolean;

interface Flags {
  /** Upper and lower case are the same. */
  readonly i: boolean;
  /** ^ and $ also match at line breaks. */
  readonly m: boolean;
  /** . also matches a line break. */
  readonly s: boolean;
}

/** RE2 allows no more repetitions, and no deeper nesting. */
const maxRepeat = 1000;
const maxDepth = 1000;

const between =
  (low: number, high: number): Accepts =>
  (code) =>
    code >= low && code <= high;
const fromSet =
  (set: RegExp): Accepts =>
  (code) =>
    set.test(String.fromCodePoint(code));
const not =
  (accepts: Accepts): Accepts =>
  (code) =>
    !accepts(code);

/** Perl classes are ASCII in RE2. */
const perlClasses: Readonly<Record<string, Accepts>> = {
  d: fromSet(/[0-9]/),
  s: fromSet(/[\t\n\f\r ]/),
  w: fromSet(/[0-9A-Za-z_]/),
};
const posixClasses: Readonly<Record<string, Accepts>> = {
  alnum: fromSet(/[0-9A-Za-z]/),
  alpha: fromSet(/[A-Za-z]/),
  ascii: between(0, 127),
  blank: fromSet(/[\t ]/),
  cntrl: (code) => code < 32 || code === 127,
  digit: fromSet(/[0-9]/),
  graph: between(33, 126),
  lower: fromSet(/[a-z]/),
  print: between(32, 126),
  punct: (code) => between(33, 126)(code) && !/[0-9A-Za-z]/.test(String.fromCodePoint(code)),
  space: fromSet(/[\t\n\v\f\r ]/),
  upper: fromSet(/[A-Z]/),
  word: fromSet(/[0-9A-Za-z_]/),
  xdigit: fromSet(/[0-9A-Fa-f]/),
};
const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

export function parseExpression(pattern: string, where: string): Syntax {
  return new Parser(pattern, where).whole();
}

class Parser {
  private readonly text: readonly string[];
  private at = 0;
  private depth = 0;
  private flags: Flags = { i: false, m: false, s: false };

  constructor(
    private readonly pattern: string,
    private readonly where: string,
  ) {
    this.text = Array.from(pattern);
  }

  whole(): Syntax {
    const syntax = this.#choice();
    if (this.at < this.text.length) this.#illegal('a parenthesis that nothing opened');
    return syntax;
  }

  #illegal(what: string): never {
    throw new KompaktError(
      'KPT_ATTRIBUTE_INVALID',
      `The pattern of ${this.where} has ${what} at character ${this.at}: ${JSON.stringify(this.pattern.slice(0, 200))}.`,
    );
  }

  /** Steps over `text` if it comes next. */
  #takes(text: string): boolean {
    if (!text.split('').every((c, i) => this.text[this.at + i] === c)) return false;
    this.at += text.length;
    return true;
  }

  #next(): string {
    return this.text[this.at++] ?? this.#illegal('an end too early');
  }

  #choice(): Syntax {
    if (++this.depth > maxDepth) this.#illegal('groups nested too deep');
    const options = [this.#sequence()];
    while (this.#takes('|')) options.push(this.#sequence());
    this.depth--;
    return options.length === 1 ? options[0] : { kind: 'choice', options };
  }

  #sequence(): Syntax {
    const parts: Syntax[] = [];
    while (this.at < this.text.length && this.text[this.at] !== '|' && this.text[this.at] !== ')') {
      const atom = this.#atom();
      if (atom !== undefined) parts.push(this.#repeated(atom));
    }
    return { kind: 'sequence', parts };
  }

  #repeated(atom: Syntax): Syntax {
    let part = atom;
    for (let count = this.#count(); count !== undefined; count = this.#count()) {
      this.#takes('?');
      part = { kind: 'repeat', part, least: count[0], most: count[1] };
    }
    return part;
  }

  /** How often what stands before is repeated; undefined when nothing says so. */
  #count(): readonly [number, number] | undefined {
    if (this.#takes('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#takes('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#takes('?')) return [0, 1];
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at, this.at + 16).join(''));
    if (found === null) return undefined;
    const least = Number(found[1]);
    const most =
      found[2] === undefined ? least : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3]);
    if (least > maxRepeat || (most > maxRepeat && most !== Number.POSITIVE_INFINITY) || most < least)
      this.#illegal('a repetition out of range');
    this.at += found[0].length;
    return [least, most];
  }

  /** One element, or undefined for flags that hold from here on. */
  #atom(): Syntax | undefined {
    const { m, s } = this.flags;
    const c = this.#next();
    switch (c) {
      case '(':
        return this.#group();
      case '[':
        return this.#character(this.#set());
      case '.':
        return { kind: 'character', accepts: s ? () => true : (code) => code !== 10 };
      case '^':
        return { kind: 'assert', assertion: m ? 'line start' : 'text start' };
      case '$':
        return { kind: 'assert', assertion: m ? 'line end' : 'text end' };
      case '*':
      case '+':
      case '?':
        return this.#illegal('a repetition of nothing');
      case '\\':
        return this.#escaped();
      default:
        return this.#literal(c.codePointAt(0) as number);
    }
  }

  #literal(code: number): Syntax {
    return this.#character((other) => other === code);
  }

  /** A character class, of both cases where the flag says so. */
  #character(accepts: Accepts): Syntax {
    if (!this.flags.i) return { kind: 'character', accepts };
    const cases = (code: number): number[] => {
      const text = String.fromCodePoint(code);
      return [text, text.toLowerCase(), text.toUpperCase()].flatMap((t) =>
        Array.from(t).length === 1 ? [t.codePointAt(0) as number] : [],
      );
    };
    return { kind: 'character', accepts: (code) => cases(code).some(accepts) };
  }

  #group(): Syntax | undefined {
    const outer = this.flags;
    if (this.#takes('?')) {
      const named = /^P?<\w+>/.exec(this.text.slice(this.at, this.at + 200).join(''));
      if (named !== null) this.at += named[0].length;
      else if (!this.#readFlags()) return undefined;
    }
    const inner = this.#choice();
    if (!this.#takes(')')) this.#illegal('a parenthesis that nothing closes');
    this.flags = outer;
    return inner;
  }

  /** Reads flags up to ':' or ')'; true when a group follows them. */
  #readFlags(): boolean {
    let value = true;
    const flags = { ...this.flags };
    for (;;) {
      const c = this.#next();
      if (c === ':' || c === ')') {
        this.flags = flags;
        return c === ':';
      }
      if (c === '-') value = false;
      else if (c === 'i' || c === 'm' || c === 's') flags[c] = value;
      // Greediness does not change what a full match is.
      else if (c !== 'U') this.#illegal(`the unknown flag ${c}`);
    }
  }

  #escaped(): Syntax {
    const c = this.#next();
    switch (c) {
      case 'A':
        return { kind: 'assert', assertion: 'text start' };
      case 'z':
        return { kind: 'assert', assertion: 'text end' };
      case 'b':
        return { kind: 'assert', assertion: 'word edge' };
      case 'B':
        return { kind: 'assert', assertion: 'inside word' };
      default: {
        this.at--;
        const accepts = this.#class() ?? this.#escapedCode();
        return typeof accepts === 'number' ? this.#literal(accepts) : this.#character(accepts);
      }
    }
  }

  /** The class that a letter behind a backslash names; undefined when it names none. */
  #class(): Accepts | undefined {
    const c = this.text[this.at] ?? '';
    const perl = perlClasses[c.toLowerCase()];
    if (perl !== undefined) {
      this.at++;
      return c === c.toLowerCase() ? perl : not(perl);
    }
    if (c !== 'p' && c !== 'P') return undefined;
    const found = /^[pP](?:\{(\^?)(\w+)\}|(\w))/.exec(this.text.slice(this.at, this.at + 60).join(''));
    if (found === null) this.#illegal('a Unicode class without a name');
    const accepts = this.#unicode(found[2] ?? found[3]);
    this.at += found[0].length;
    return (c === 'P') !== (found[1] === '^') ? not(accepts) : accepts;
  }

  /** A general category or a script. */
  #unicode(name: string): Accepts {
    for (const property of [`gc=${name}`, `sc=${name}`])
      try {
        return fromSet(new RegExp(`^\\p{${property}}$`, 'u'));
      } catch {
        // Not a category: perhaps a script.
      }
    return this.#illegal(`the unknown Unicode class ${name}`);
  }

  #escapedCode(): number {
    const c = this.#next();
    if (c in controls) return controls[c];
    const rest = this.text.slice(this.at, this.at + 12).join('');
    const hex = c === 'x' ? /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest) : null;
    const octal = c === '0' ? /^[0-7]{0,2}/.exec(rest) : null;
    const found = hex ?? octal;
    if (found !== null) {
      this.at += found[0].length;
      const code = hex ? Number.parseInt(hex[1] ?? hex[2], 16) : Number.parseInt(`0${found[0]}`, 8);
      if (code > 0x10ffff) this.#illegal('a character beyond Unicode');
      return code;
    }
    if (/[0-9A-Za-z]/.test(c)) this.#illegal(`the unknown escape \\${c}`);
    return c.codePointAt(0) as number;
  }

  /** What stands between [ and ]. */
  #set(): Accepts {
    const negated = this.#takes('^');
    const members: Accepts[] = [];
    for (let first = true; first || this.text[this.at] !== ']'; first = false) {
      if (this.at >= this.text.length) this.#illegal('a class that nothing closes');
      members.push(this.#member());
    }
    this.at++;
    const any: Accepts = (code) => members.some((accepts) => accepts(code));
    return negated ? not(any) : any;
  }

  #member(): Accepts {
    if (this.#takes('[:')) {
      const negated = this.#takes('^');
      const name = /^\w+/.exec(this.text.slice(this.at, this.at + 10).join(''))?.[0] ?? '';
      const accepts = posixClasses[name] ?? this.#illegal(`the unknown class ${name}`);
      this.at += name.length;
      if (!this.#takes(':]')) this.#illegal('a class that nothing closes');
      return negated ? not(accepts) : accepts;
    }
    const low = this.#memberCode();
    if (typeof low !== 'number') return low;
    if (this.text[this.at] !== '-' || this.text[this.at + 1] === ']') return between(low, low);
    this.at++;
    const high = this.#memberCode();
    if (typeof high !== 'number' || high < low) this.#illegal('a range the wrong way round');
    return between(low, high);
  }

  #memberCode(): number | Accepts {
    const c = this.#next();
    if (c !== '\\') return c.codePointAt(0) as number;
    return this.#class() ?? this.#escapedCode();
  }
}
