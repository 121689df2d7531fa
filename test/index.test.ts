// What programs without types meet first: functions of the package called without what they need.
import * as kompakt from '../lib/index.js';
import { buildNetwork } from '../lib/train/networks/index.js';

const model = buildNetwork('small-vgg', { input: [1, 16, 16], classes: 2, width: 0.125, seed: 3 });
const forgetful = kompakt as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;

test.each([
  ['quantize', [model]],
  ['prune', [model]],
  ['finetune', [model]],
  ['distill', [model]],
  ['binarize', [model]],
  ['compress', [model]],
  ['tune', [model]],
  ['explain', [model, model]],
  ['compare', [model, model]],
  ['applyRecipe', [model, { steps: [{ method: 'quantize' }] }]],
  ['evaluate', [model]],
  ['recordBaseline', [model]],
  ['InferenceSession.create', []],
] as const)('%s without its last argument says what is missing', async (name, given) => {
  const call =
    name === 'InferenceSession.create'
      ? () => kompakt.InferenceSession.create(undefined as never)
      : () => forgetful[name]!(...given);
  await expect(call()).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
});
