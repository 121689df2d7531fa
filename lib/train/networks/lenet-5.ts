import { type Network, widen } from './network.js';

export const lenet5: Network = {
  name: 'lenet-5',
  summary: 'two convolutions of 5x5 and two fully connected layers, 431 k parameters',
  source:
    'the Caffe variant of Han et al. 2015 (arXiv:1506.02626), table 1; a ReLU after each convolution too',
  input: [1, 28, 28],
  classes: 10,
  build(layers, input, { classes, width }) {
    let x = input;
    for (const filters of [20, 50]) {
      const options = { filters: widen(filters, width), kernel: 5, padding: 'valid' } as const;
      x = layers.maxPool(layers.relu(layers.conv(x, options)), 2);
    }
    x = layers.relu(layers.dense(layers.flatten(x), widen(500, width)));
    return layers.dense(x, classes, true);
  },
};
