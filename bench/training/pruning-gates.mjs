// Rows of bench/training-gates.mjs for pruning: networks of which 92 % of the weights become 0 while they are trained on, as many
// as Han et al. 2015 (arXiv:1506.02626, table 1) took away.
import { prune } from '../../dist/index.js';

const sparse = { sparsity: 0.92 };
const denseTraining = { epochs: 12, learningRate: 0.03, regularize: { l2: 1e-4 } };
const convolutionalTraining = { epochs: 8, optimizer: 'adam', learningRate: 5e-4, augment: { shift: 1 } };

/** Points lost against the network in float32, beside those that pruning without training loses. */
async function loss(name, { floatModel, trainedOn, errorOf }, seed, set, recipe, training) {
  const { model, error } = await floatModel(name, set, seed, recipe);
  const shot = await prune(model, sparse);
  const result = await trainedOn(name, model, set, seed, { ...training, prune: sparse });
  return { value: result.error - error, float: error, oneShot: (await errorOf(shot.model, set)) - error };
}

/** `tools`: floatModel, trainedOn and errorOf of the gates, and their recipes. */
export const pruningRows = (tools, { mnist }) =>
  [
    ['LeNet-300-100', 'lenet-300-100', tools.denseRecipe, denseTraining, '-0.05 (Han 2015)'],
    ['LeNet-5', 'lenet-5', tools.lenetRecipe, convolutionalTraining, '-0.03 (Han 2015)'],
  ].map(([what, network, recipe, training, published]) => ({
    name: `${what}, MNIST, 92 % of the weights 0: points lost against float32`,
    gate: '<= 0.15 (mean)',
    published,
    set: mnist,
    measure: (seed, set) => loss(network, tools, seed, set, recipe, training),
    passes: (values) => values.reduce((a, b) => a + b, 0) / values.length <= 0.15,
  }));
