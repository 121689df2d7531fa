// The factor by which normalisation multiplies a channel.
import { type Importance, meanOverParts } from '../importance.js';

export const batchNorm: Importance = {
  name: 'batch-norm',
  summary: 'absolute scales of the normalisation behind a layer',
  source:
    'Liu et al. 2017, arXiv:1708.06519, section 3 (network slimming), relative to the mean of each layer; training that pulls scales to zero is finetune with l1',
  scores: (group) => meanOverParts(group, ['scales'], ({ values }) => Float64Array.from(values, Math.abs)),
};
