import type { Feature, Layers } from './layers.js';
import { type Network, widen } from './network.js';

/** Expansion, channels, repeats and the stride of the first repeat. */
const stages: readonly (readonly [expansion: number, channels: number, repeats: number, stride: number])[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

export const mobilenetV2: Network = {
  name: 'mobilenet-v2',
  summary: 'inverted residuals with linear bottlenecks',
  source: 'Sandler et al. 2018 (arXiv:1801.04381), table 2; channels rounded to multiples of 8',
  input: [3, 224, 224],
  classes: 1000,
  build(layers, input, { classes, width }) {
    let x = layers.convNorm(input, { filters: widen(32, width, 8), kernel: 3, stride: 2 }, 'relu6');
    for (const [expansion, channels, repeats, stride] of stages)
      for (let i = 0; i < repeats; i++)
        x = bottleneck(layers, x, expansion, widen(channels, width, 8), i === 0 ? stride : 1);
    const last = widen(1280, Math.max(1, width), 8);
    x = layers.convNorm(x, { filters: last, kernel: 1 }, 'relu6');
    return layers.dense(layers.globalAverage(x), classes, true);
  },
};

function bottleneck(layers: Layers, x: Feature, expansion: number, filters: number, stride: number): Feature {
  const wide =
    expansion === 1 ? x : layers.convNorm(x, { filters: x.channels * expansion, kernel: 1 }, 'relu6');
  const narrow = layers.convNorm(layers.depthwiseNorm(wide, stride, 'relu6'), { filters, kernel: 1 }, 'none');
  return stride === 1 && x.channels === filters ? layers.add(x, narrow) : narrow;
}
