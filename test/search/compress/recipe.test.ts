// Recipes as files: what is read back is what was written, and what is unknown is refused.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRecipe, parseRecipe } from '../../../lib/search/compress/recipe.js';
import { recipeWords } from '../../../lib/search/compress/recipe-words.js';
import { folder } from '../../helpers/data-files.js';

const path = join(folder, 'recipe.json');

test('a recipe is completed with defaults, once', () => {
  const recipe = parseRecipe({
    steps: [
      { method: 'prune', channels: { macs: 0.5 } },
      { method: 'distill', epochs: 2, prune: { sparsity: 'kept' } },
      { method: 'quantize', weightBits: 4, exclude: { types: ['Softmax'] } },
      { method: 'finetune', quantize: {} },
      { method: 'binarize' },
    ],
  });
  expect(recipe.steps[2]).toMatchObject({ calibrator: 'mse', activationBits: 8 });
  writeFileSync(path, JSON.stringify(recipe));
  return expect(loadRecipe(path)).resolves.toEqual(recipe);
});

test('words tell steps apart', () => {
  const { steps } = parseRecipe({
    steps: [
      { method: 'prune', sparsity: 0.25 },
      { method: 'prune', channels: { share: 0.5 } },
      { method: 'finetune', epochs: 3, prune: { sparsity: 'kept' }, quantize: { weightBits: 4 } },
      { method: 'quantize', keepSqnr: 20, perChannel: false, symmetric: true },
    ],
  });
  expect(recipeWords({ steps })).toBe(
    '25 % of the weights to 0; then 50 % of the channels pruned; then trained as W4A8 with zeros kept, 3 epochs; then INT8, mse ranges, one scale a tensor, symmetric, sensitive values in float (20 dB)',
  );
  expect(recipeWords({ steps: [] })).toBe('as it is');
});

test.each([
  ['an unknown method', { steps: [{ method: 'melt' }] }],
  ['an unknown option', { steps: [{ method: 'quantize', bits: 8 }] }],
  ['an unknown key', { steps: [], step: [] }],
  ['both ways to prune', { steps: [{ method: 'prune', sparsity: 0.5, channels: { macs: 0.5 } }] }],
  ['where files go', { steps: [{ method: 'finetune', log: 'x' }] }],
])('%s is refused', (_, recipe) => {
  expect(() => parseRecipe(recipe)).toThrow(expect.objectContaining({ code: 'KPT_OPTION_INVALID' }));
});

test('a file that is absent or no JSON is told so', async () => {
  await expect(loadRecipe(join(folder, 'absent.json'))).rejects.toMatchObject({ code: 'KPT_FILE_NOT_FOUND' });
  writeFileSync(path, '{');
  await expect(loadRecipe(path)).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
});

test('what a recipe has made is no part of what it does', () => {
  const made = { model: 'a', data: 'b', sha256: 'c' };
  expect(parseRecipe({ steps: [], made })).toEqual({ steps: [], heldOut: null });
  expect(() => parseRecipe({ steps: [], made: { model: 'a' } })).toThrow(
    expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
  );
});
