import { type Network, widen } from './network.js';

export const smallVgg: Network = {
  name: 'small-vgg',
  summary: 'two pairs of 3x3 convolutions and a hidden layer, normalised, for pictures of about 28x28',
  source:
    'Simonyan and Zisserman 2015 (arXiv:1409.1556), section 2.1, cut to two stages, with BatchNormalization',
  input: [1, 28, 28],
  classes: 10,
  build(layers, input, { classes, width }) {
    let x = input;
    for (const filters of [32, 64]) {
      for (let i = 0; i < 2; i++) x = layers.convNorm(x, { filters: widen(filters, width), kernel: 3 });
      x = layers.maxPool(x, 2);
    }
    x = layers.relu(layers.dense(layers.flatten(x), widen(128, width)));
    return layers.dense(x, classes, true);
  },
};
