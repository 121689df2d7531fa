// Fully connected networks for binary weights and activations: three normalised hidden layers of equal size, with dropout.
import { type Network, widen } from './network.js';

const finn = (name: string, units: number): Network => ({
  name,
  summary: `three normalised hidden layers of ${units} units, to be made binary`,
  source:
    `Umuroglu et al. 2017 (arXiv:1612.07119), section 5.1, network ${name.toUpperCase()}, with a dropout of 0.05 where ` +
    'Brevitas has 0.2; ReLU where the binary twin has signs',
  input: [1, 28, 28],
  classes: 10,
  build(layers, input, { classes, width }) {
    let x = layers.flatten(input);
    for (let i = 0; i < 3; i++)
      x = layers.relu(layers.batchNorm(layers.dense(layers.dropout(x, dropped), widen(units, width))));
    return layers.normalizedDense(layers.dropout(x, dropped), classes);
  },
});

/** Signs regularise by themselves: less is enough. */
const dropped = 0.05;

export const sfc = finn('sfc', 256);
export const lfc = finn('lfc', 1024);
