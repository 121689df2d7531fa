// Residual networks for pictures of 32x32: three stages of 16, 32 and 64 channels, `blocks` blocks a stage.
import type { Feature, Layers } from './layers.js';
import { type Network, widen } from './network.js';

const resnet = (depth: number): Network => ({
  name: `resnet-${depth}`,
  summary: `${depth} layers with shortcuts, for pictures of 32x32`,
  source:
    'He et al. 2016 (arXiv:1512.03385), section 4.2; shortcuts that change shape are 1x1 convolutions (option B)',
  input: [3, 32, 32],
  classes: 10,
  build(layers, input, { classes, width }) {
    const blocks = (depth - 2) / 6;
    let x = layers.convNorm(input, { filters: widen(16, width), kernel: 3 });
    for (const [stage, filters] of [16, 32, 64].entries())
      for (let i = 0; i < blocks; i++)
        x = block(layers, x, widen(filters, width), stage > 0 && i === 0 ? 2 : 1);
    return layers.dense(layers.globalAverage(x), classes, true);
  },
});

function block(layers: Layers, x: Feature, filters: number, stride: number): Feature {
  const inner = layers.convNorm(x, { filters, kernel: 3, stride });
  const residual = layers.convNorm(inner, { filters, kernel: 3 }, 'none');
  const same = stride === 1 && x.channels === filters;
  const shortcut = same ? x : layers.convNorm(x, { filters, kernel: 1, stride }, 'none');
  return layers.relu(layers.add(residual, shortcut));
}

export const resnet8 = resnet(8);
export const resnet20 = resnet(20);
