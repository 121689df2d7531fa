import { parseRecipe } from '../../../lib/search/compress/recipe.js';
import { recipeWords } from '../../../lib/search/compress/recipe-words.js';

test.each([
  [1, 'trained as INT8, 1 epoch'],
  [2, 'trained as INT8, 2 epochs'],
])('%d epochs', (epochs, words) => {
  const steps = [{ method: 'finetune' as const, epochs, quantize: {} }];
  expect(recipeWords(parseRecipe({ steps, heldOut: null }))).toBe(words);
});
