// Lets a strategy explore with made-up results: what it proposes, and what it does with the answers.

import { parseRecipe, type StepOptions } from '../../lib/search/compress/recipe.js';
import { recipeWords } from '../../lib/search/compress/recipe-words.js';
import type { Strategy } from '../../lib/search/compress/strategies/strategy.js';
import type { Bench, Figures } from './candidates.js';

/** The recipes that were tried, in words. An outcome that is a text is the code with which the recipe fails. */
export function explore(
  strategy: Strategy,
  bench: Bench,
  outcome: (steps: readonly StepOptions[], tried: number) => Figures | string,
): readonly string[] {
  const tried: string[] = [];
  const proposals = strategy.explore(bench.findings);
  let next = proposals.next();
  while (!next.done) {
    if (tried.length > 50) throw new Error(`${strategy.name} does not end`);
    const { steps } = next.value;
    const figures = outcome(steps, tried.length);
    tried.push(recipeWords(parseRecipe({ steps })));
    next = proposals.next(
      typeof figures === 'string'
        ? bench.fail(strategy.name, steps, figures)
        : bench.add(strategy.name, steps, figures),
    );
  }
  return tried;
}
