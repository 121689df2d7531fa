// Recipes whose steps go on from what the step before has made.
import { Tensor } from 'onnxruntime-common';
import { applyRecipe } from '../../../lib/search/compress/apply-recipe.js';
import { parseRecipe, type StepOptions } from '../../../lib/search/compress/recipe.js';
import { toNumbers } from '../../../lib/tensor/tensor.js';
import { buildNetwork } from '../../../lib/train/networks/index.js';
import { randomFloats } from '../../helpers/random-floats.js';

const net = buildNetwork('lenet-300-100', { seed: 1, width: 0.1 });
const data = Array.from({ length: 32 }, (_, i) => ({
  feeds: {
    [net.graph.inputs[0]!.name]: new Tensor('float32', randomFloats(784, i), [1, 1, 28, 28]),
  },
  label: i % 10,
}));

const weightsAfter = async (...steps: StepOptions[]): Promise<readonly number[][]> => {
  // As files have it: with all defaults.
  const { graph } = await applyRecipe(net, parseRecipe({ steps }), { data });
  return [...graph.constants.values()]
    .filter(({ dims, dtype }) => dims.length === 2 && dtype === 'int4')
    .map((value) => [...toNumbers(value)]);
};

test.each(['finetune', 'distill'] as const)(
  '%s trains a model that is quantised already, in its bits',
  async (method) => {
    const quantize: StepOptions = { method: 'quantize', weightBits: 4, samples: 8 };
    const before = await weightsAfter(quantize);
    const after = await weightsAfter(quantize, {
      method,
      epochs: 3,
      batch: 16,
      optimizer: 'adam',
      learningRate: 0.01,
      quantize: {},
    });
    expect(before.length).toBeGreaterThan(0);
    expect(after.map(({ length }) => length)).toEqual(before.map(({ length }) => length));
    expect(after).not.toEqual(before);
    await expect(
      weightsAfter(quantize, { method, batch: 16, quantize: { weightBits: 3 } }),
    ).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringContaining('quantize.weightBits is for models in float32'),
    });
  },
);
