import { type Network, widen } from './network.js';

export const binaryCnn: Network = {
  name: 'binary-cnn',
  summary: 'three 3x3 convolutions and a hidden layer, normalised, to be made binary',
  source:
    'the network of the introduction to binary networks in the documentation of Larq; ReLU where the binary twin has signs',
  input: [1, 28, 28],
  classes: 10,
  build(layers, input, { classes, width }) {
    let x = input;
    for (const [filters, pooled] of [
      [32, true],
      [64, true],
      [64, false],
    ] as const) {
      const made = layers.conv(x, {
        filters: widen(filters, width),
        kernel: 3,
        padding: 'valid',
        bias: false,
      });
      x = layers.relu(layers.batchNorm(pooled ? layers.maxPool(made, 2) : made));
    }
    x = layers.relu(layers.batchNorm(layers.dense(layers.flatten(x), widen(64, width))));
    return layers.normalizedDense(x, classes);
  },
};
