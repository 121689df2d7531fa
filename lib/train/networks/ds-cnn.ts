import { type Network, widen } from './network.js';

export const dsCnn: Network = {
  name: 'ds-cnn',
  summary: 'depthwise separable convolutions for spoken words: 49 frames of 10 MFCC',
  source:
    'Zhang et al. 2017 (arXiv:1711.07128), table 6, size S; strides 2x2 in the first layer as in MLPerf Tiny',
  input: [1, 49, 10],
  classes: 12,
  build(layers, input, { classes, width }) {
    const filters = widen(64, width);
    let x = layers.convNorm(input, { filters, kernel: [10, 4], stride: 2 });
    for (let i = 0; i < 4; i++)
      x = layers.convNorm(layers.depthwiseNorm(x, 1, 'relu'), { filters, kernel: 1 });
    return layers.dense(layers.globalAverage(x), classes, true);
  },
};
