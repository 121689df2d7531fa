// Rows of training-gates.mjs for networks with one bit a weight and activation.
import { binarize, buildNetwork } from '../../dist/index.js';

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** Recipes by row; `layers` says what becomes binary besides the layers between the first and the last. */
const recipes = {
  cnn: {
    network: 'binary-cnn',
    epochs: 6,
    learningRate: 0.003,
    // As in the tutorial: pictures as they are behind binary weights, everything else binary.
    layers: { first: 'weights', last: 'binary' },
  },
  lfc: {
    network: 'lfc',
    epochs: 60,
    batch: 100,
    method: 'bnn',
    learningRate: 0.003,
    layers: { first: 'binary', last: 'binary' },
  },
  sfc: {
    network: 'sfc',
    epochs: 100,
    batch: 100,
    method: 'bnn',
    learningRate: 0.005,
    layers: { first: 'binary', last: 'binary' },
  },
  lenet: {
    network: 'lenet-5',
    epochs: 20,
    method: 'xnor-net',
    learningRate: 0.002,
    augment: { shift: 1 },
    rest: 'float',
  },
  vgg: {
    network: 'small-vgg',
    epochs: 20,
    method: 'reactnet',
    learningRate: 0.002,
    augment: { shift: 2, flip: 0.5 },
    // Labels keep a share: augmented pictures teach what the twin gets wrong too.
    teach: { softWeight: 0.7, temperature: 2 },
  },
};

/** Bytes of the one-bit layers before over after. */
function shrinkage({ layers }) {
  const bits = layers.filter(({ runs }) => runs === 'bits');
  const sum = (key) => bits.reduce((total, layer) => total + layer[key], 0);
  return bits.length === 0 ? 0 : sum('bytesBefore') / sum('bytesAfter');
}

/**
 * `tools` of the script: `samplesOf`, `epochsOf`, `threads`, and `floatVgg`, which answers with the trained twin in float32 and
 * its errors in percent. `measure` answers with numbers by name; `passes` judges those of
 * all seeds.
 */
export function binaryRows(sets, { samplesOf, epochsOf, threads, floatVgg }) {
  const binaryTwin = async (recipe, set, seed, model) => {
    const { network, ...options } = recipe;
    const { data, evaluate: judged } = samplesOf(set, model);
    const { model: made, report } = await binarize(model, {
      ...options,
      epochs: epochsOf(options.epochs),
      data,
      evaluate: judged,
      seed,
      threads,
    });
    return { made, report, right: 100 * report.accuracyAfter };
  };
  const fromScratch = (recipe) => async (seed, set) => {
    const model = buildNetwork(recipe.network, { seed });
    const { report, right } = await binaryTwin(recipe, set, seed, model);
    return { value: right, shrinkage: Number(shrinkage(report).toFixed(1)) };
  };
  const behindTwin = async (seed, set) => {
    const { model, error } = await floatVgg(seed, set);
    const { right, report } = await binaryTwin(recipes.vgg, set, seed, model);
    return {
      value: 100 - error - right,
      twin: 100 - error,
      shrinkage: Number(shrinkage(report).toFixed(1)),
    };
  };
  const atLeast = (least) => (values) => mean(values) >= least;
  const row = (name, gate, published, set, measure, passes) => ({
    name,
    gate,
    published,
    set,
    measure,
    passes,
  });
  return [
    row(
      'binary-cnn W1A1, 6 epochs, MNIST: right %',
      '>= 97.60 (mean)',
      '97.62 (Larq)',
      sets.mnist,
      fromScratch(recipes.cnn),
      atLeast(97.6),
    ),
    row(
      'LFC 1024x3 W1A1, MNIST: right %',
      '>= 98.50 (mean)',
      '98.88 (Brevitas)',
      sets.mnist,
      fromScratch(recipes.lfc),
      atLeast(98.5),
    ),
    row(
      'SFC 256x3 W1A1, MNIST: right %',
      '>= 97.60 (mean)',
      '97.81 (Brevitas)',
      sets.mnist,
      fromScratch(recipes.sfc),
      atLeast(97.6),
    ),
    row(
      'LeNet-5 XNOR, first and last full, MNIST: right %',
      '>= 99.10 (mean)',
      '99.23 (XNOR-Net)',
      sets.mnist,
      fromScratch(recipes.lenet),
      atLeast(99.1),
    ),
    row(
      'small VGG W1A1 taught by its FP32 twin, Fashion-MNIST: points behind it',
      '<= 2.00 (mean)',
      '',
      sets.fashion,
      behindTwin,
      (values) => mean(values) <= 2,
    ),
  ];
}
