// Rows of training-gates.mjs for networks with one bit a weight and activation.
import { binarize, buildNetwork } from '../../dist/index.js';
import { samplesOf, sets } from '../training-sets.mjs';

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** All layers binary, the pictures too. */
const fullyConnected = {
  batch: 100,
  learningRate: 0.005,
  layers: { first: 'binary', last: 'binary' },
  batchNormBatches: 200,
};

/** Recipes by row; `layers` says what becomes binary besides the layers between the first and the last. */
const recipes = {
  cnn: {
    network: 'binary-cnn',
    epochs: 6,
    learningRate: 0.003,
    // As in the tutorial: pictures as they are behind binary weights, everything else binary.
    layers: { first: 'weights', last: 'binary' },
  },
  // Wide enough to learn digits by heart: shifted ones keep it from that.
  lfc: { ...fullyConnected, network: 'lfc', epochs: 24, augment: { shift: 1 } },
  sfc: { ...fullyConnected, network: 'sfc', epochs: 60 },
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
    epochs: 9,
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

/** `floatModel` of the script trains a network in float32 once for several rows. `measure` answers with numbers by name; `passes`
 *  judges those of all seeds. */
export function binaryRows({ epochsOf, threads, floatModel, vggRecipe }) {
  const binaryTwin = async ({ network: _, twin: __, ...options }, set, seed, model) => {
    const { data, evaluate: judged } = samplesOf(set, model);
    const epochs = epochsOf(options.epochs);
    const { report } = await binarize(model, { ...options, epochs, data, evaluate: judged, seed, threads });
    return { right: 100 * report.accuracyAfter, shrinkage: Number(shrinkage(report).toFixed(1)) };
  };
  /** From fresh weights, or from those of a float32 twin, which then teaches. */
  const measured = (recipe) => async (seed, set) => {
    const { model, error } =
      recipe.twin === undefined
        ? { model: buildNetwork(recipe.network, { seed }) }
        : await floatModel(recipe.network, set, seed, recipe.twin);
    const { right, ...rest } = await binaryTwin(recipe, set, seed, model);
    return { value: right, ...(error !== undefined && { twin: 100 - error }), ...rest };
  };
  const behindTwin = async (seed, set) => {
    const { value, ...rest } = await measured({ ...recipes.vgg, twin: vggRecipe })(seed, set);
    return { value: rest.twin - value, ...rest };
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
      measured(recipes.cnn),
      atLeast(97.6),
    ),
    row(
      'LFC 1024x3 W1A1, MNIST: right %',
      '>= 98.50 (mean)',
      '98.88 (Brevitas)',
      sets.mnist,
      measured(recipes.lfc),
      atLeast(98.5),
    ),
    row(
      'SFC 256x3 W1A1, MNIST: right %',
      '>= 97.60 (mean)',
      '97.81 (Brevitas)',
      sets.mnist,
      measured(recipes.sfc),
      atLeast(97.6),
    ),
    row(
      'LeNet-5 XNOR, first and last full, MNIST: right %',
      '>= 99.10 (mean)',
      '99.23 (XNOR-Net)',
      sets.mnist,
      measured(recipes.lenet),
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
