// Options that say something only in certain company: without it they are refused before a command works, not passed over.
import { KompaktError } from '../index.js';
import { type Asked, type Command, flagOf, type Given, type OptionRule } from './command.js';
import type { GivenTexts } from './outputs.js';

/** They need one of the others, `why` in a word. */
export const needs = (flags: readonly string[], others: readonly string[], why?: string): OptionRule =>
  needsThat(flags, `${others.join(' or ')}${why === undefined ? '' : `, ${why}`}`, ({ has }) =>
    others.some(has),
  );

/** They need what `words` say and `holds` tells. */
export const needsThat = (
  flags: readonly string[],
  words: string,
  holds: (asked: Asked) => boolean,
): OptionRule => ({
  flags,
  isBroken: (asked) => !holds(asked),
  words: (one) => `${one ? 'needs' : 'need'} ${words}`,
});

/** They have nothing left to say beside what `words` say: a flag, or what `holds` tells. */
export const vainWith = (
  flags: readonly string[],
  words: string,
  holds: (asked: Asked) => boolean = ({ has }) => has(words),
): OptionRule => ({
  flags,
  isBroken: holds,
  words: (one) => `${one ? 'is' : 'are'} of no use with ${words}`,
});

/** Throws KPT_USAGE for options that say nothing beside the others. */
export function checkRules({ options: specs, rules = [] }: Command, given: Given, texts: GivenTexts): void {
  const { options } = given;
  const flags = new Set(
    specs
      .filter((spec) => texts.has(spec) || options.flag(nameOf(spec.flags)))
      .map((spec) => flagOf(spec.flags)),
  );
  const asked: Asked = { ...given, has: (flag) => flags.has(flag) };
  for (const rule of rules) {
    const vain = rule.flags.filter(asked.has);
    if (vain.length > 0 && rule.isBroken(asked))
      throw new KompaktError('KPT_USAGE', `${listed(vain)} ${rule.words(vain.length === 1)}.`);
  }
}

/** 'allLayers' of '--all-layers'. */
const nameOf = (flags: string): string =>
  flagOf(flags)
    .slice(2)
    .replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
