// GroupNormalization: every group of channels to mean 0 and variance 1, then scale and shift per channel (per group
// before opset 21).
import { intAttr } from './op.js';
import { defineChannelNorm } from './shared/channel-norm.js';

export const groupNormalization = defineChannelNorm(
  'GroupNormalization',
  18,
  { num_groups: { type: 'int' }, stash_type: { type: 'int', default: 1 } },
  (node) => intAttr(node, 'num_groups'),
);
