// InstanceNormalization: every channel of every image to mean 0 and variance 1, then scale and shift per channel.
import { defineChannelNorm } from './shared/channel-norm.js';

export const instanceNormalization = defineChannelNorm(
  'InstanceNormalization',
  6,
  {},
  (_, channels) => channels,
);
