// RotaryEmbedding (com.microsoft). Inputs: x, position_ids (one offset, or one per position), cos_cache, sin_cache.
import { rotaryOp } from './shared/rotary-op.js';

export const microsoftRotaryEmbedding = rotaryOp({
  domain: 'com.microsoft',
  since: 1,
  inputs: [4, 4],
  cos: 2,
  sin: 3,
  positions: 1,
  unsupported: { is_packed_batching: { type: 'int', default: 0 } },
});
