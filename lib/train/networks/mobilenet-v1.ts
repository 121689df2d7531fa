import { type Network, widen } from './network.js';

/** Channels and stride of each depthwise separable block. */
const blocks: readonly (readonly [channels: number, stride: number])[] = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
];

export const mobilenetV1: Network = {
  name: 'mobilenet-v1',
  summary: 'depthwise separable convolutions',
  source: 'Howard et al. 2017 (arXiv:1704.04861), table 1',
  input: [3, 224, 224],
  classes: 1000,
  build(layers, input, { classes, width }) {
    let x = layers.convNorm(input, { filters: widen(32, width), kernel: 3, stride: 2 });
    for (const [channels, stride] of blocks)
      x = layers.convNorm(layers.depthwiseNorm(x, stride, 'relu'), {
        filters: widen(channels, width),
        kernel: 1,
      });
    return layers.dense(layers.globalAverage(x), classes, true);
  },
};
