// Classes of characters that regular expressions name, as predicates on code points.
export type Accepts = (code: number) => boolean;

export const between =
  (low: number, high: number): Accepts =>
  (code) =>
    code >= low && code <= high;
const fromSet =
  (set: RegExp): Accepts =>
  (code) =>
    set.test(String.fromCodePoint(code));
export const not =
  (accepts: Accepts): Accepts =>
  (code) =>
    !accepts(code);

/** Perl classes are ASCII in RE2. */
export const perlClasses: Readonly<Record<string, Accepts>> = {
  d: fromSet(/[0-9]/),
  s: fromSet(/[\t\n\f\r ]/),
  w: fromSet(/[0-9A-Za-z_]/),
};
export const posixClasses: Readonly<Record<string, Accepts>> = {
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

/** A general category or a script of Unicode; undefined when there is none of that name. */
export function unicodeClass(name: string): Accepts | undefined {
  for (const property of [`gc=${name}`, `sc=${name}`])
    try {
      return fromSet(new RegExp(`^\\p{${property}}$`, 'u'));
    } catch {
      // Not a category: perhaps a script.
    }
  return undefined;
}
