import { type Network, widen } from './network.js';

export const lenet300100: Network = {
  name: 'lenet-300-100',
  summary: 'two hidden layers of 300 and 100 units',
  source: 'LeCun et al. 1998, as in Han et al. 2015 (arXiv:1506.02626), table 1; ReLU for tanh',
  input: [1, 28, 28],
  classes: 10,
  build(layers, input, { classes, width }) {
    let x = layers.flatten(input);
    for (const units of [300, 100]) x = layers.relu(layers.dense(x, widen(units, width)));
    return layers.dense(x, classes, true);
  },
};
